using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit;

public abstract partial class StreamConnection
{
    /// <summary>
    /// Sends bytes: send(2), never with SIGPIPE. In blocking mode it sends all of them, under one deadline. In non-blocking mode it sends
    /// what fits.
    /// </summary>
    /// <param name="data">The bytes. If empty, nothing happens.</param>
    /// <returns>The number of bytes handed to the kernel: all of them in blocking mode.</returns>
    /// <exception cref="SocketTimeoutException">
    /// The deadline passed. The kernel has the first <see cref="SocketTimeoutException.BytesTransferred"/> bytes. Continue from there, or
    /// abort.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: the send buffer is full, or another send is in progress. Shutdown: this side has called
    /// <see cref="ShutdownSend"/>, and receiving is still possible. Any other code: the connection has failed and cannot be used any more.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public int Send(ReadOnlySpan<byte> data)
    {
        TimeSpan timeout = SendTimeout;
        IoResult outcome = Direct.Send(data, timeout);
        return outcome.IsSuccess ? outcome.Count : throw Faults.Of(SocketOperation.Send, outcome, this, timeout);
    }

    /// <summary>Sends a whole text as UTF-8: send(2).</summary>
    /// <param name="text">The text.</param>
    /// <returns>The number of bytes sent.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// The connection is in non-blocking mode, where only part of a character might fit.
    /// </exception>
    /// <exception cref="SocketTimeoutException">
    /// The deadline passed. <see cref="SocketTimeoutException.BytesTransferred"/> counts bytes, not characters.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// Shutdown: this side has called <see cref="ShutdownSend"/>, and receiving is still possible. Any other code: the connection has
    /// failed and cannot be used any more.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public int Send(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (SendTimeout == TimeSpan.Zero)
        {
            throw new InvalidOperationException(
                "Send(string) is for blocking mode. In non-blocking mode send bytes, and look at the count.");
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            return Send(bytes.AsSpan(0, Encoding.UTF8.GetBytes(text, bytes)));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>Sends as many bytes as the send buffer takes: send(2). It never waits, in any mode.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="sent">The number of bytes handed to the kernel; 0 if the result is false.</param>
    /// <returns>False if the send buffer is full, or another send is in progress.</returns>
    /// <exception cref="SocketOperationException">
    /// Shutdown: this side has called <see cref="ShutdownSend"/>, and receiving is still possible. Any other code: the connection has
    /// failed and cannot be used any more.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public bool TrySend(ReadOnlySpan<byte> data, out int sent)
    {
        IoResult outcome = Direct.Send(data, TimeSpan.Zero);
        sent = outcome.Count;
        return outcome.Status switch
        {
            ChannelStatus.Success => true,
            ChannelStatus.WouldBlock => false,
            _ => throw Faults.Of(SocketOperation.Send, outcome, this),
        };
    }

    /// <summary>
    /// Sends all of the bytes without blocking a thread: send(2). Concurrent sends are queued whole, in the order of the calls.
    /// </summary>
    /// <param name="data">The bytes; they must not change until the task completes.</param>
    /// <param name="cancellationToken">
    /// Removes a send from the queue if it has not begun; the connection stays usable. A send that has begun aborts the connection, because
    /// the peer may have part of the message.
    /// </param>
    /// <returns>A task that completes when the kernel has all bytes. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.SendTimeout"/> passed; time spent in the queue does not count.
    /// <see cref="SocketTimeoutException.BytesTransferred"/> says how many bytes the kernel has.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">
    /// Shutdown: this side has called <see cref="ShutdownSend"/>, and receiving is still possible. Any other code: the connection has
    /// failed and cannot be used any more.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        TimeSpan timeout = SendTimeout;
        return Direct.SendAsync(data, timeout, cancellationToken).AsDone(this, SocketOperation.Send, timeout, cancellationToken);
    }

    /// <summary>Sends all segments as one message without blocking a thread, in as few system calls as possible: sendmsg(2).</summary>
    /// <param name="data">The segments; they must not change until the task completes.</param>
    /// <param name="cancellationToken">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</param>
    /// <returns>A task that completes when the kernel has all bytes. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.SendTimeout"/> passed; time spent in the queue does not count.
    /// <see cref="SocketTimeoutException.BytesTransferred"/> says how many bytes the kernel has.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">
    /// Shutdown: this side has called <see cref="ShutdownSend"/>, and receiving is still possible. Any other code: the connection has
    /// failed and cannot be used any more.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask SendAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken = default)
    {
        return data.IsSingleSegment ? SendAsync(data.First, cancellationToken) : SendSegmentsAsync(data, cancellationToken);
    }

    /// <summary>Sends a whole text as UTF-8 without blocking a thread: send(2).</summary>
    /// <param name="text">The text.</param>
    /// <param name="cancellationToken">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</param>
    /// <returns>A task that completes when the kernel has all bytes. Await it once.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="text"/> is null.</exception>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.SendTimeout"/> passed. <see cref="SocketTimeoutException.BytesTransferred"/> counts bytes, not
    /// characters.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">
    /// Shutdown: this side has called <see cref="ShutdownSend"/>, and receiving is still possible. Any other code: the connection has
    /// failed and cannot be used any more.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask SendAsync(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        return SendTextAsync(text, cancellationToken);
    }

    /// <summary>Sends part of a file as one message, without blocking a thread for the socket.</summary>
    /// <param name="file">An open file. Its position is neither used nor changed.</param>
    /// <param name="offset">The first byte to send.</param>
    /// <param name="count">
    /// How many bytes to send; null for everything from <paramref name="offset"/> on. If the file is shorter, its bytes are sent.
    /// </param>
    /// <param name="cancellationToken">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</param>
    /// <returns>The number of bytes sent.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="file"/> is null.</exception>
    /// <exception cref="ArgumentException"><paramref name="file"/> is closed or invalid.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="offset"/> or <paramref name="count"/> is negative.</exception>
    /// <exception cref="NotSupportedException">
    /// <paramref name="file"/> cannot seek, for example because it is a pipe. Nothing was sent.
    /// </exception>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.SendTimeout"/> passed; one deadline covers the whole file.
    /// <see cref="SocketTimeoutException.BytesTransferred"/> says how many bytes the kernel has.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="IOException">
    /// The file could not be read. If part of it had been sent, the message is incomplete: abort the connection.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// Shutdown: this side has called <see cref="ShutdownSend"/>, and receiving is still possible. Any other code: the connection has
    /// failed and cannot be used any more.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask<long> SendFileAsync(
        SafeFileHandle file, long offset = 0, long? count = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (count is { } wanted)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(wanted, nameof(count));
        }

        if (file.IsInvalid || file.IsClosed)
        {
            throw new ArgumentException("The file handle is closed or invalid.", nameof(file));
        }

        return SendFileCoreAsync(file, offset, count ?? Math.Max(0, RandomAccess.GetLength(file) - offset), cancellationToken);
    }

    private async ValueTask SendSegmentsAsync(ReadOnlySequence<byte> data, CancellationToken cancellationToken)
    {
        TimeSpan timeout = SendTimeout;
        var progress = new StreamChannel.SendProgress();
        IoResult outcome = await Direct.SendAsync(data, progress, timeout, cancellationToken).ConfigureAwait(false);
        if (!outcome.IsSuccess)
        {
            throw Faults.Of(SocketOperation.Send, outcome, this, timeout, progress.Sent, cancellationToken);
        }
    }

    private async ValueTask<long> SendFileCoreAsync(SafeFileHandle file, long offset, long count, CancellationToken cancellationToken)
    {
        TimeSpan timeout = SendTimeout;
        var progress = new StreamChannel.SendProgress();
        IoResult outcome;
        try
        {
            outcome = await Direct.SendFileAsync(file, offset, count, progress, timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (ObjectDisposedException exception) when (file.IsClosed)
        {
            // Closed since the check; not to be taken for this connection being disposed.
            throw new ArgumentException("The file handle was closed before the file was sent.", nameof(file), exception);
        }

        return outcome.IsSuccess
            ? progress.Sent
            : throw Faults.Of(SocketOperation.SendFile, outcome, this, timeout, progress.Sent, cancellationToken);
    }

    private async ValueTask SendTextAsync(string text, CancellationToken cancellationToken)
    {
        byte[] bytes = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            await SendAsync(bytes.AsMemory(0, Encoding.UTF8.GetBytes(text, bytes)), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
