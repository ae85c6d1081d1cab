using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit;

public abstract partial class StreamConnection
{
    /// <summary>Receives the next bytes: recv(2). It waits for at most <see cref="SocketBase.ReceiveTimeout"/>.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer waits until there is something to receive, and receives nothing.</param>
    /// <returns>
    /// The number of bytes written to the front of <paramref name="buffer"/>: 1 to its length, or 0 once the peer has finished sending.
    /// </returns>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was received; call again.</exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: nothing has arrived yet. Any other code: the connection has failed and cannot be used any more.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public int Receive(Span<byte> buffer)
    {
        TimeSpan timeout = ReceiveTimeout;
        IoResult outcome = Direct.Receive(buffer, ReceiveKind.Some, timeout);
        return outcome.IsSuccess ? outcome.Count : throw Faults.Of(SocketOperation.Receive, outcome, this, timeout);
    }

    /// <summary>Receives the bytes that have arrived: recv(2). It never waits, in any mode.</summary>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="received">The number of bytes written. 0 with a result of true means that the peer has finished sending.</param>
    /// <returns>False if nothing has arrived yet.</returns>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public bool TryReceive(Span<byte> buffer, out int received)
    {
        IoResult outcome = Direct.Receive(buffer, ReceiveKind.Some, TimeSpan.Zero);
        received = outcome.Count;
        return outcome.Status switch
        {
            ChannelStatus.Success => true,
            ChannelStatus.WouldBlock => false,
            _ => throw Faults.Of(SocketOperation.Receive, outcome, this),
        };
    }

    /// <summary>Receives the next bytes without blocking a thread: recv(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer waits until there is something to receive, and receives nothing.</param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no byte is lost, and the connection stays usable.</param>
    /// <returns>The number of bytes written: 1 to the buffer's length, or 0 once the peer has finished sending. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.ReceiveTimeout"/> passed. Nothing was received; call again.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was received.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        TimeSpan timeout = ReceiveTimeout;
        return Direct.ReceiveAsync(buffer, ReceiveKind.Some, timeout, cancellationToken)
            .AsCount(this, SocketOperation.Receive, timeout, cancellationToken);
    }

    /// <summary>Fills the whole buffer with as many recv(2) as it takes. One deadline covers all of them.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer completes at once.</param>
    /// <exception cref="EndOfStreamException">
    /// The peer finished sending before the buffer was full. The bytes received so far are in the buffer.
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
    public void ReceiveExactly(Span<byte> buffer)
    {
        TimeSpan timeout = ReceiveTimeout;
        IoResult outcome = Direct.Receive(buffer, ReceiveKind.Exactly, timeout);
        if (!outcome.IsSuccess)
        {
            throw Faults.Of(SocketOperation.Receive, outcome, this, timeout, count: outcome.Count);
        }
    }

    /// <summary>Fills the whole buffer without blocking a thread. One deadline covers all of it.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer completes at once.</param>
    /// <param name="cancellationToken">
    /// Ends the wait. Not cancellation-safe: bytes may already have been received, so dispose the connection afterwards.
    /// </param>
    /// <returns>A task that completes when the buffer is full. Await it once.</returns>
    /// <exception cref="EndOfStreamException">
    /// The peer finished sending before the buffer was full. The bytes received so far are in the buffer.
    /// </exception>
    /// <exception cref="SocketTimeoutException">
    /// The deadline passed; <see cref="SocketTimeoutException.BytesTransferred"/> bytes are in the buffer. The connection stays usable.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired. Part of the message may have been received.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask ReceiveExactlyAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        TimeSpan timeout = ReceiveTimeout;
        return Direct.ReceiveAsync(buffer, ReceiveKind.Exactly, timeout, cancellationToken)
            .AsDone(this, SocketOperation.Receive, timeout, cancellationToken);
    }

    /// <summary>
    /// Copies the next bytes and leaves them in the kernel's queue: recv(2), MSG_PEEK. It waits for at most
    /// <see cref="SocketBase.ReceiveTimeout"/>.
    /// </summary>
    /// <param name="buffer">Where the copy goes.</param>
    /// <returns>The number of bytes copied, or 0 once the peer has finished sending.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed. The connection stays usable; call again.</exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: nothing has arrived yet. Any other code: the connection has failed and cannot be used any more.
    /// </exception>
    /// <exception cref="InvalidOperationException">A receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public int Peek(Span<byte> buffer)
    {
        TimeSpan timeout = ReceiveTimeout;
        IoResult outcome = Direct.Receive(buffer, ReceiveKind.Peek, timeout);
        return outcome.IsSuccess ? outcome.Count : throw Faults.Of(SocketOperation.Peek, outcome, this, timeout, count: 0);
    }

    /// <summary>Copies the next bytes without blocking a thread, and leaves them in the kernel's queue: recv(2), MSG_PEEK.</summary>
    /// <param name="buffer">Where the copy goes.</param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe.</param>
    /// <returns>The number of bytes copied, or 0 once the peer has finished sending. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.ReceiveTimeout"/> passed.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">A receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask<int> PeekAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        TimeSpan timeout = ReceiveTimeout;
        return Direct.ReceiveAsync(buffer, ReceiveKind.Peek, timeout, cancellationToken)
            .AsCount(this, SocketOperation.Peek, timeout, cancellationToken);
    }
}
