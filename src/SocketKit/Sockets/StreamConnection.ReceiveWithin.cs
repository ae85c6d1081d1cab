using SocketKit.Engine;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;

namespace SocketKit;

// Receives with a time-out of their own. It may be what is left of a deadline, so zero or less is not an error: the call makes one attempt.
public abstract partial class StreamConnection
{
    /// <summary>Receives the next bytes and waits for at most this time, in any mode: recv(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer waits until there is something to receive, and receives nothing.</param>
    /// <param name="timeout">
    /// How long, in place of <see cref="SocketBase.ReceiveTimeout"/>. Zero or less makes one attempt, and
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <returns>
    /// The number of bytes written to the front of <paramref name="buffer"/>: 1 to its length, or 0 once the peer has finished sending.
    /// </returns>
    /// <exception cref="SocketTimeoutException">The time passed. Nothing was received; call again.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public int Receive(Span<byte> buffer, TimeSpan timeout)
    {
        timeout = OneAttemptAtLeast(timeout);
        IoResult outcome = ReceiveWithin(buffer, ReceiveKind.Some, timeout);
        return outcome.IsSuccess ? outcome.Count : throw Faults.Of(SocketOperation.Receive, outcome, this, timeout);
    }

    /// <summary>Receives the next bytes and waits for at most this time, without blocking a thread: recv(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer waits until there is something to receive, and receives nothing.</param>
    /// <param name="timeout">
    /// How long, in place of <see cref="SocketBase.ReceiveTimeout"/>. Zero or less makes one attempt, and
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no byte is lost, and the connection stays usable.</param>
    /// <returns>The number of bytes written: 1 to the buffer's length, or 0 once the peer has finished sending. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">The time passed. Nothing was received; call again.</exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was received.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        timeout = OneAttemptAtLeast(timeout);
        return ReceiveWithinAsync(buffer, ReceiveKind.Some, timeout, cancellationToken)
            .AsCount(this, SocketOperation.Receive, timeout, cancellationToken);
    }

    /// <summary>Fills the whole buffer within this time, in any mode, with as many recv(2) as it takes.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer completes at once.</param>
    /// <param name="timeout">
    /// How long for all of it, in place of <see cref="SocketBase.ReceiveTimeout"/>. Zero or less takes what has arrived, and
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <exception cref="EndOfStreamException">
    /// The peer finished sending before the buffer was full. The bytes received so far are in the buffer.
    /// </exception>
    /// <exception cref="SocketTimeoutException">
    /// The time passed; <see cref="SocketTimeoutException.BytesTransferred"/> bytes are in the buffer. The connection stays usable.
    /// </exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public void ReceiveExactly(Span<byte> buffer, TimeSpan timeout)
    {
        timeout = OneAttemptAtLeast(timeout);
        IoResult outcome = ReceiveWithin(buffer, ReceiveKind.Exactly, timeout);
        if (!outcome.IsSuccess)
        {
            throw Faults.Of(SocketOperation.Receive, outcome, this, timeout);
        }
    }

    /// <summary>Fills the whole buffer within this time, without blocking a thread.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer completes at once.</param>
    /// <param name="timeout">
    /// How long for all of it, in place of <see cref="SocketBase.ReceiveTimeout"/>. Zero or less takes what has arrived, and
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <param name="cancellationToken">
    /// Ends the wait. Not cancellation-safe: bytes may already have been received, so dispose the connection afterwards.
    /// </param>
    /// <returns>A task that completes when the buffer is full. Await it once.</returns>
    /// <exception cref="EndOfStreamException">
    /// The peer finished sending before the buffer was full. The bytes received so far are in the buffer.
    /// </exception>
    /// <exception cref="SocketTimeoutException">
    /// The time passed; <see cref="SocketTimeoutException.BytesTransferred"/> bytes are in the buffer. The connection stays usable.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired. Part of the message may have been received.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask ReceiveExactlyAsync(Memory<byte> buffer, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        timeout = OneAttemptAtLeast(timeout);
        return ReceiveWithinAsync(buffer, ReceiveKind.Exactly, timeout, cancellationToken)
            .AsDone(this, SocketOperation.Receive, timeout, cancellationToken);
    }

    /// <summary>Only the zero time-out ends as "would block", and it has passed then.</summary>
    private IoResult ReceiveWithin(Span<byte> buffer, ReceiveKind kind, TimeSpan timeout)
    {
        IoResult outcome = Direct.Receive(buffer, kind, timeout);
        return outcome.Status == ChannelStatus.WouldBlock ? IoResult.Ended(ChannelStatus.DeadlinePassed, outcome.Count) : outcome;
    }

    /// <summary>Zero means no deadline to the async calls of a channel, so here it is one attempt that does not wait.</summary>
    private IoTask ReceiveWithinAsync(Memory<byte> buffer, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken) =>
        timeout != TimeSpan.Zero ? Direct.ReceiveAsync(buffer, kind, timeout, cancellationToken)
        : cancellationToken.IsCancellationRequested ? new(IoResult.Ended(ChannelStatus.Canceled))
        : new(ReceiveWithin(buffer.Span, kind, timeout));
}
