using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit;

public abstract partial class StreamConnection
{
    /// <summary>
    /// Sends a header and a body as one message, without copying them together: sendmsg(2). In blocking mode it sends all of both, under
    /// one deadline. In non-blocking mode it sends what fits.
    /// </summary>
    /// <param name="header">The first bytes. They may be empty.</param>
    /// <param name="body">The bytes behind them. They may be empty.</param>
    /// <returns>The number of bytes of both handed to the kernel: all of them in blocking mode.</returns>
    /// <exception cref="ArgumentException">Both together are longer than 2 147 483 647 bytes.</exception>
    /// <exception cref="SocketTimeoutException">
    /// The deadline passed. The kernel has the first <see cref="SocketTimeoutException.BytesTransferred"/> bytes of both. Continue from
    /// there, or abort.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: the send buffer is full, or another send is in progress. Shutdown: this side has called
    /// <see cref="ShutdownSend"/>, and receiving is still possible. Any other code: the connection has failed and cannot be used any more.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public int Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        CheckLength(header.Length, body.Length);
        TimeSpan timeout = SendTimeout;
        IoResult outcome = Direct.Send(header, body, timeout);
        return outcome.IsSuccess ? outcome.Count : throw Faults.Of(SocketOperation.Send, outcome, this, timeout);
    }

    /// <summary>
    /// Sends a header and a body as one message, without copying them together and without blocking a thread: sendmsg(2). It takes its turn
    /// in the send queue like every send.
    /// </summary>
    /// <param name="header">The first bytes. They may be empty, and must not change until the task completes.</param>
    /// <param name="body">The bytes behind them. They may be empty, and must not change until the task completes.</param>
    /// <param name="cancellationToken">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</param>
    /// <returns>A task that completes when the kernel has all bytes of both. Await it once.</returns>
    /// <exception cref="ArgumentException">Both together are longer than 2 147 483 647 bytes. Thrown synchronously.</exception>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.SendTimeout"/> passed; time spent in the queue does not count.
    /// <see cref="SocketTimeoutException.BytesTransferred"/> says how many bytes of both the kernel has.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">
    /// Shutdown: this side has called <see cref="ShutdownSend"/>, and receiving is still possible. Any other code: the connection has
    /// failed and cannot be used any more.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
    {
        CheckLength(header.Length, body.Length);
        TimeSpan timeout = SendTimeout;
        return Direct.SendAsync(header, body, timeout, cancellationToken)
            .AsDone(this, SocketOperation.Send, timeout, cancellationToken);
    }

    private static void CheckLength(int header, int body)
    {
        if ((long)header + body > int.MaxValue)
        {
            throw new ArgumentException(
                $"A header of {header} bytes and a body of {body} bytes are too long for one message.", nameof(body));
        }
    }
}
