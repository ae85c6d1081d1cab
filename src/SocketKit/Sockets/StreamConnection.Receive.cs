using SocketKit.Engine;
using SocketKit.Errors;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit;

public abstract partial class StreamConnection
{
    /// <summary>Receives the next bytes, waiting as <see cref="SocketBase.ReceiveTimeout"/> says. recv(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer waits until there is something to receive, and takes nothing.</param>
    /// <returns>Bytes written to the front of <paramref name="buffer"/>: 1 to its length, or 0 once the peer has finished sending.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed; nothing was taken, call again.</exception>
    /// <exception cref="SocketException">WouldBlock in non-blocking mode: nothing is there yet. Any other code: the connection is dead.</exception>
    /// <exception cref="InvalidOperationException">Another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or meanwhile.</exception>
    public int Receive(Span<byte> buffer)
    {
        TimeSpan timeout = ReceiveTimeout;
        IoResult outcome = _channel.Receive(buffer, ReceiveKind.Some, timeout);
        return outcome.IsSuccess ? outcome.Count : throw Faults.Of(SocketOperation.Receive, outcome, this, timeout);
    }

    /// <summary>Receives what is there, without waiting in any mode.</summary>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="received">Bytes written; 0 with the result true means that the peer has finished sending.</param>
    /// <returns>False if nothing is there yet.</returns>
    /// <exception cref="SocketException">The connection is dead.</exception>
    /// <exception cref="InvalidOperationException">Another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public bool TryReceive(Span<byte> buffer, out int received)
    {
        IoResult outcome = _channel.Receive(buffer, ReceiveKind.Some, TimeSpan.Zero);
        received = outcome.Count;
        return outcome.Status switch
        {
            ChannelStatus.Success => true,
            ChannelStatus.WouldBlock => false,
            _ => throw Faults.Of(SocketOperation.Receive, outcome, this),
        };
    }

    /// <summary>Receives the next bytes without blocking a thread.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer waits until there is something to receive, and takes nothing.</param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no byte is lost, and the connection stays usable.</param>
    /// <returns>Bytes written: 1 to the buffer's length, or 0 once the peer has finished sending. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.ReceiveTimeout"/> passed; nothing was taken, call again.</exception>
    /// <exception cref="OperationCanceledException">The token fired; nothing was taken.</exception>
    /// <exception cref="SocketException">The connection is dead.</exception>
    /// <exception cref="InvalidOperationException">Another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or meanwhile.</exception>
    public ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        TimeSpan timeout = ReceiveTimeout;
        return _channel.ReceiveAsync(buffer, ReceiveKind.Some, timeout, cancellationToken)
            .AsCount(this, SocketOperation.Receive, timeout, cancellationToken);
    }

    /// <summary>Fills the whole buffer. One deadline covers all of it.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer completes at once.</param>
    /// <exception cref="EndOfStreamException">The peer finished first; the bytes so far are in the buffer.</exception>
    /// <exception cref="SocketTimeoutException">The deadline passed; <see cref="SocketTimeoutException.BytesTransferred"/> bytes are in the buffer. Usable.</exception>
    /// <exception cref="SocketException">WouldBlock in non-blocking mode: the rest is not there yet. Any other code: the connection is dead.</exception>
    /// <exception cref="InvalidOperationException">Another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or meanwhile.</exception>
    public void ReceiveExactly(Span<byte> buffer)
    {
        TimeSpan timeout = ReceiveTimeout;
        IoResult outcome = _channel.Receive(buffer, ReceiveKind.Exactly, timeout);
        if (!outcome.IsSuccess)
        {
            throw Faults.Of(SocketOperation.Receive, outcome, this, timeout, count: outcome.Count);
        }
    }

    /// <summary>Fills the whole buffer without blocking a thread. One deadline covers all of it.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer completes at once.</param>
    /// <param name="cancellationToken">Ends the wait. Not cancellation-safe: a part may have been taken, so dispose the connection afterwards.</param>
    /// <returns>A task that completes when the buffer is full. Await it once.</returns>
    /// <exception cref="EndOfStreamException">The peer finished first; the bytes so far are in the buffer.</exception>
    /// <exception cref="SocketTimeoutException">The deadline passed; <see cref="SocketTimeoutException.BytesTransferred"/> bytes are in the buffer. Usable.</exception>
    /// <exception cref="OperationCanceledException">The token fired; a prefix may be consumed.</exception>
    /// <exception cref="SocketException">The connection is dead.</exception>
    /// <exception cref="InvalidOperationException">Another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or meanwhile.</exception>
    public ValueTask ReceiveExactlyAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        TimeSpan timeout = ReceiveTimeout;
        return _channel.ReceiveAsync(buffer, ReceiveKind.Exactly, timeout, cancellationToken)
            .AsDone(this, SocketOperation.Receive, timeout, cancellationToken);
    }

    /// <summary>Copies the next bytes and leaves them in the kernel's queue. recv(2), MSG_PEEK.</summary>
    /// <param name="buffer">Where the copy goes.</param>
    /// <returns>Bytes copied, or 0 once the peer has finished sending.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed.</exception>
    /// <exception cref="SocketException">WouldBlock in non-blocking mode: nothing is there yet. Any other code: the connection is dead.</exception>
    /// <exception cref="InvalidOperationException">A receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or meanwhile.</exception>
    public int Peek(Span<byte> buffer)
    {
        TimeSpan timeout = ReceiveTimeout;
        IoResult outcome = _channel.Receive(buffer, ReceiveKind.Peek, timeout);
        return outcome.IsSuccess ? outcome.Count : throw Faults.Of(SocketOperation.Peek, outcome, this, timeout, count: 0);
    }

    /// <summary>Copies the next bytes without blocking a thread, and leaves them in the kernel's queue. recv(2), MSG_PEEK.</summary>
    /// <param name="buffer">Where the copy goes.</param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe.</param>
    /// <returns>Bytes copied, or 0 once the peer has finished sending. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.ReceiveTimeout"/> passed.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketException">The connection is dead.</exception>
    /// <exception cref="InvalidOperationException">A receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or meanwhile.</exception>
    public ValueTask<int> PeekAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        TimeSpan timeout = ReceiveTimeout;
        return _channel.ReceiveAsync(buffer, ReceiveKind.Peek, timeout, cancellationToken)
            .AsCount(this, SocketOperation.Peek, timeout, cancellationToken);
    }
}
