using SocketKit.Engine;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;

namespace SocketKit;

// Exact receives for protocols whose peers finish between two messages, which is no error.
public abstract partial class StreamConnection
{
    /// <summary>
    /// Fills the whole buffer, or finds that the peer has finished before its first byte. It waits for at most
    /// <see cref="SocketBase.ReceiveTimeout"/>, like <see cref="ReceiveExactly(Span{byte})"/>.
    /// </summary>
    /// <param name="buffer">Where the bytes go. With an empty buffer the result is true at once.</param>
    /// <returns>True: the buffer is full. False: the peer has finished sending, and nothing was received.</returns>
    /// <exception cref="EndOfStreamException">
    /// The peer finished sending inside the message. The bytes received so far are in the buffer.
    /// </exception>
    /// <exception cref="SocketTimeoutException">
    /// The deadline passed; <see cref="SocketTimeoutException.BytesTransferred"/> bytes are in the buffer. The connection stays usable.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: the rest has not arrived yet; bytes received so far are in the buffer. Any other code: the
    /// connection has failed and cannot be used any more.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public bool TryReceiveExactly(Span<byte> buffer)
    {
        TimeSpan timeout = ReceiveTimeout;
        return IsFilled(Direct.Receive(buffer, ReceiveKind.ExactlyOrEnd, timeout), buffer.Length, timeout);
    }

    /// <summary>The same as <see cref="TryReceiveExactly(Span{byte})"/>, and waits for at most this time, in any mode.</summary>
    /// <param name="buffer">Where the bytes go. With an empty buffer the result is true at once.</param>
    /// <param name="timeout">
    /// How long for all of it, in place of <see cref="SocketBase.ReceiveTimeout"/>. Zero or less takes what has arrived, and
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <returns>True: the buffer is full. False: the peer has finished sending, and nothing was received.</returns>
    /// <exception cref="EndOfStreamException">
    /// The peer finished sending inside the message. The bytes received so far are in the buffer.
    /// </exception>
    /// <exception cref="SocketTimeoutException">
    /// The time passed; <see cref="SocketTimeoutException.BytesTransferred"/> bytes are in the buffer. The connection stays usable.
    /// </exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public bool TryReceiveExactly(Span<byte> buffer, TimeSpan timeout)
    {
        timeout = OneAttemptAtLeast(timeout);
        return IsFilled(ReceiveWithin(buffer, ReceiveKind.ExactlyOrEnd, timeout), buffer.Length, timeout);
    }

    /// <summary>
    /// Fills the whole buffer, or finds that the peer has finished before its first byte, without blocking a thread. One deadline covers
    /// all of it.
    /// </summary>
    /// <param name="buffer">Where the bytes go. With an empty buffer the result is true at once.</param>
    /// <param name="cancellationToken">
    /// Ends the wait. Not cancellation-safe: bytes may already have been received, so dispose the connection afterwards.
    /// </param>
    /// <returns>
    /// True: the buffer is full. False: the peer has finished sending, and nothing was received. Await it once.
    /// </returns>
    /// <exception cref="EndOfStreamException">
    /// The peer finished sending inside the message. The bytes received so far are in the buffer.
    /// </exception>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.ReceiveTimeout"/> passed; <see cref="SocketTimeoutException.BytesTransferred"/> bytes are in the
    /// buffer. The connection stays usable.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired. Part of the message may have been received.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask<bool> TryReceiveExactlyAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        TimeSpan timeout = ReceiveTimeout;
        IoTask receive = Direct.ReceiveAsync(buffer, ReceiveKind.ExactlyOrEnd, timeout, cancellationToken);
        return AsFilled(receive, buffer.IsEmpty, timeout, cancellationToken);
    }

    /// <summary>
    /// The same as <see cref="TryReceiveExactlyAsync(Memory{byte}, CancellationToken)"/>, and waits for at most this time.
    /// </summary>
    /// <param name="buffer">Where the bytes go. With an empty buffer the result is true at once.</param>
    /// <param name="timeout">
    /// How long for all of it, in place of <see cref="SocketBase.ReceiveTimeout"/>. Zero or less takes what has arrived, and
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <param name="cancellationToken">
    /// Ends the wait. Not cancellation-safe: bytes may already have been received, so dispose the connection afterwards.
    /// </param>
    /// <returns>
    /// True: the buffer is full. False: the peer has finished sending, and nothing was received. Await it once.
    /// </returns>
    /// <exception cref="EndOfStreamException">
    /// The peer finished sending inside the message. The bytes received so far are in the buffer.
    /// </exception>
    /// <exception cref="SocketTimeoutException">
    /// The time passed; <see cref="SocketTimeoutException.BytesTransferred"/> bytes are in the buffer. The connection stays usable.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired. Part of the message may have been received.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask<bool> TryReceiveExactlyAsync(Memory<byte> buffer, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        timeout = OneAttemptAtLeast(timeout);
        IoTask receive = ReceiveWithinAsync(buffer, ReceiveKind.ExactlyOrEnd, timeout, cancellationToken);
        return AsFilled(receive, buffer.IsEmpty, timeout, cancellationToken);
    }

    private bool IsFilled(IoResult outcome, int length, TimeSpan timeout) => outcome.IsSuccess
        ? outcome.Count == length
        : throw Faults.Of(SocketOperation.Receive, outcome, this, timeout);

    private ValueTask<bool> AsFilled(IoTask receive, bool isEmpty, TimeSpan timeout, CancellationToken cancellationToken) =>
        isEmpty && !receive.IsPending && receive.Outcome.IsSuccess
            ? new ValueTask<bool>(true)
            : receive.AsFlag(this, SocketOperation.Receive, timeout, cancellationToken);
}
