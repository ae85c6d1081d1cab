using System.Buffers;
using System.Net;
using System.Text;

namespace SocketKit;

// Texts as datagrams of UTF-8. Each call is its counterpart for bytes with the encoding before it.
public abstract partial class DatagramEndpoint
{
    /// <summary>Sends a text to the peer as one datagram of UTF-8: <see cref="Send(ReadOnlySpan{byte})"/>.</summary>
    /// <param name="text">The text; it may be empty.</param>
    /// <returns>The number of bytes sent.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="Send(ReadOnlySpan{byte})"/>.</exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public int Send(string text)
    {
        byte[] bytes = Encode(text, out int length);
        try
        {
            return Send(bytes.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Sends a text to the peer as one datagram of UTF-8, without blocking a thread.</summary>
    /// <param name="text">The text; it may be empty.</param>
    /// <param name="cancellationToken">Ends the wait for room in the send buffer. Cancellation-safe: nothing was sent.</param>
    /// <returns>The number of bytes sent. Await it once.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null. Thrown synchronously.</exception>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed. Nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="Send(ReadOnlySpan{byte})"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer. Thrown synchronously.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ValueTask<int> SendAsync(string text, CancellationToken cancellationToken = default) =>
        SendTextAsync(text, (endpoint: this, cancellationToken), static (data, call) =>
            call.endpoint.SendAsync(data, call.cancellationToken));

    /// <summary>Sends a text as one datagram of UTF-8: <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>.</summary>
    /// <param name="text">The text; it may be empty.</param>
    /// <param name="to">The receiver. On a connected endpoint it must be the peer.</param>
    /// <returns>The number of bytes sent.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>.</exception>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>.</exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public int SendTo(string text, EndPoint to)
    {
        byte[] bytes = Encode(text, out int length);
        try
        {
            return SendTo(bytes.AsSpan(0, length), to);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>
    /// Sends a text as one datagram of UTF-8 to an address in the form that a receive writes:
    /// <see cref="SendTo(ReadOnlySpan{byte}, SocketAddress)"/>.
    /// </summary>
    /// <param name="text">The text; it may be empty.</param>
    /// <param name="to">The receiver.</param>
    /// <returns>The number of bytes sent.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">As for <see cref="SendTo(ReadOnlySpan{byte}, SocketAddress)"/>.</exception>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>.</exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public int SendTo(string text, SocketAddress to)
    {
        byte[] bytes = Encode(text, out int length);
        try
        {
            return SendTo(bytes.AsSpan(0, length), to);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Sends a text as one datagram of UTF-8, without blocking a thread.</summary>
    /// <param name="text">The text; it may be empty.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="cancellationToken">Ends the wait for room in the send buffer. Cancellation-safe: nothing was sent.</param>
    /// <returns>The number of bytes sent. Await it once.</returns>
    /// <exception cref="ArgumentNullException">An argument is null. Thrown synchronously.</exception>
    /// <exception cref="ArgumentException">As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>. Thrown synchronously.</exception>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed. Nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">
    /// As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>, without WouldBlock.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address. Thrown synchronously.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ValueTask<int> SendToAsync(string text, EndPoint to, CancellationToken cancellationToken = default) =>
        SendTextAsync(text, (endpoint: this, to, cancellationToken), static (data, call) =>
            call.endpoint.SendToAsync(data, call.to, call.cancellationToken));

    /// <summary>
    /// Sends a text as one datagram of UTF-8 to an address in the form that a receive writes, without blocking a thread.
    /// </summary>
    /// <param name="text">The text; it may be empty.</param>
    /// <param name="to">The receiver. It must not change until the call completes.</param>
    /// <param name="cancellationToken">Ends the wait for room in the send buffer. Cancellation-safe: nothing was sent.</param>
    /// <returns>The number of bytes sent. Await it once.</returns>
    /// <exception cref="ArgumentNullException">An argument is null. Thrown synchronously.</exception>
    /// <exception cref="ArgumentException">
    /// As for <see cref="SendTo(ReadOnlySpan{byte}, SocketAddress)"/>. Thrown synchronously.
    /// </exception>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed. Nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">
    /// As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>, without WouldBlock.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address. Thrown synchronously.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ValueTask<int> SendToAsync(string text, SocketAddress to, CancellationToken cancellationToken = default) =>
        SendTextAsync(text, (endpoint: this, to, cancellationToken), static (data, call) =>
            call.endpoint.SendToAsync(data, call.to, call.cancellationToken));

    private static ValueTask<int> SendTextAsync<TCall>(string text, TCall call, Func<ReadOnlyMemory<byte>, TCall, ValueTask<int>> send)
    {
        byte[] bytes = Encode(text, out int length);
        ValueTask<int> sending;
        try
        {
            sending = send(bytes.AsMemory(0, length), call);
        }
        catch
        {
            // A wrong argument: nothing was sent.
            ArrayPool<byte>.Shared.Return(bytes);
            throw;
        }

        if (!sending.IsCompleted)
        {
            return AwaitAsync(sending, bytes);
        }

        ArrayPool<byte>.Shared.Return(bytes);
        return sending;
    }

    private static async ValueTask<int> AwaitAsync(ValueTask<int> sending, byte[] bytes)
    {
        try
        {
            return await sending.ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static byte[] Encode(string text, out int length)
    {
        ArgumentNullException.ThrowIfNull(text);
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        length = Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
