using System.Net;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit;

// Receives with a time-out of their own. It may be what is left of a deadline, so zero or less is not an error: the call makes one attempt.
public abstract partial class DatagramEndpoint
{
    /// <summary>Receives the peer's next datagram and waits for at most this time, in any mode: recvmsg(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <param name="timeout">
    /// How long, in place of <see cref="SocketBase.ReceiveTimeout"/>. Zero or less makes one attempt, and
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <returns>The same as <see cref="Receive(Span{byte})"/> returns.</returns>
    /// <exception cref="SocketTimeoutException">The time passed. Nothing was received; call again.</exception>
    /// <exception cref="SocketOperationException">
    /// An ICMP error about an earlier datagram, reported once. The endpoint stays usable.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer, or another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ReceivedDatagram Receive(Span<byte> buffer, TimeSpan timeout)
    {
        CheckPeer(SocketOperation.Receive);
        return ReceiveFrom(buffer, timeout);
    }

    /// <summary>Receives the peer's next datagram and waits for at most this time, without blocking a thread: recvmsg(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <param name="timeout">
    /// How long, in place of <see cref="SocketBase.ReceiveTimeout"/>. Zero or less makes one attempt, and
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no datagram is lost.</param>
    /// <returns>The same as <see cref="Receive(Span{byte})"/> returns. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">The time passed. Nothing was received; call again.</exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was received.</exception>
    /// <exception cref="SocketOperationException">
    /// An ICMP error about an earlier datagram, reported once. The endpoint stays usable.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The endpoint has no peer (thrown synchronously), or another receive is in progress.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ValueTask<ReceivedDatagram> ReceiveAsync(
        Memory<byte> buffer, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        CheckPeer(SocketOperation.Receive);
        return ReceiveFromAsync(buffer, timeout, cancellationToken);
    }

    /// <summary>Receives the next datagram and waits for at most this time, in any mode: recvmsg(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <param name="timeout">
    /// How long, in place of <see cref="SocketBase.ReceiveTimeout"/>. Zero or less makes one attempt, and
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <returns>The same as <see cref="ReceiveFrom(Span{byte})"/> returns.</returns>
    /// <exception cref="SocketTimeoutException">The time passed. Nothing was received; call again.</exception>
    /// <exception cref="SocketOperationException">
    /// An ICMP error on a connected endpoint, reported once. The endpoint stays usable.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ReceivedDatagram ReceiveFrom(Span<byte> buffer, TimeSpan timeout)
    {
        timeout = OneAttemptAtLeast(timeout);
        SocketAddress from = RentAddress();
        DatagramResult received = ReceiveWithin(buffer, from, timeout);
        ReceivedDatagram datagram = Finish(received, from, ownsFrom: true);
        return received.IsSuccess ? datagram : throw ReceiveFault(SocketOperation.Receive, received.Outcome, timeout);
    }

    /// <summary>Receives the next datagram and waits for at most this time, without blocking a thread: recvmsg(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <param name="timeout">
    /// How long, in place of <see cref="SocketBase.ReceiveTimeout"/>. Zero or less makes one attempt, and
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no datagram is lost.</param>
    /// <returns>The same as <see cref="ReceiveFrom(Span{byte})"/> returns. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">The time passed. Nothing was received; call again.</exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was received.</exception>
    /// <exception cref="SocketOperationException">
    /// An ICMP error on a connected endpoint, reported once. The endpoint stays usable.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ValueTask<ReceivedDatagram> ReceiveFromAsync(
        Memory<byte> buffer, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        timeout = OneAttemptAtLeast(timeout);
        SocketAddress from = RentAddress();

        // Zero means no deadline to the async calls of a channel, so here it is one attempt that does not wait.
        DatagramTask receive = timeout != TimeSpan.Zero
            ? _channel.ReceiveAsync(buffer, from, peek: false, timeout, cancellationToken)
            : new(cancellationToken.IsCancellationRequested
                ? DatagramResult.Ended(ChannelStatus.Canceled)
                : ReceiveWithin(buffer.Span, from, timeout));
        return receive.AsReceived(this, from, ownsFrom: true, timeout, cancellationToken);
    }

    /// <summary>Only the zero time-out ends as "would block", and it has passed then.</summary>
    private DatagramResult ReceiveWithin(Span<byte> buffer, SocketAddress from, TimeSpan timeout)
    {
        DatagramResult received = _channel.Receive(buffer, from, peek: false, timeout);
        return received.Status == ChannelStatus.WouldBlock ? DatagramResult.Ended(ChannelStatus.DeadlinePassed) : received;
    }
}
