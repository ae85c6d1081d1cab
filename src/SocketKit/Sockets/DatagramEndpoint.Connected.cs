using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit;

public abstract partial class DatagramEndpoint
{
    /// <summary>
    /// Sends one datagram to the peer: send(2). While the send buffer is full it waits, for at most <see cref="SocketBase.SendTimeout"/>.
    /// </summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <returns>The length of the data.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: the send buffer is full. MessageSize: the datagram is too long. ConnectionRefused or another ICMP
    /// error: with UDP it is about an earlier datagram and is reported once. AddressNotAvailable or ConnectionRefused of a Unix endpoint:
    /// no socket is bound to the peer's path now. In each case this datagram was not sent. The endpoint stays usable.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public int Send(ReadOnlySpan<byte> data)
    {
        CheckPeer(SocketOperation.Send);
        TimeSpan timeout = SendTimeout;
        IoResult outcome = _channel.Send(data, default, timeout);
        return outcome.IsSuccess ? outcome.Count : throw SendFault(outcome, timeout, null);
    }

    /// <summary>Sends one datagram to the peer if the send buffer has room: send(2). It never waits, in any mode.</summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <param name="sent">The length of the data, or 0.</param>
    /// <returns>False if the send buffer is full; nothing was sent.</returns>
    /// <exception cref="SocketOperationException">As for <see cref="Send(ReadOnlySpan{byte})"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TrySend(ReadOnlySpan<byte> data, out int sent)
    {
        CheckPeer(SocketOperation.Send);
        IoResult outcome = _channel.Send(data, default, TimeSpan.Zero);
        sent = outcome.Count;
        return outcome.IsSuccess || (outcome.Status == ChannelStatus.WouldBlock ? false : throw SendFault(outcome, default, null));
    }

    /// <summary>Sends one datagram to the peer without blocking a thread: send(2).</summary>
    /// <param name="data">The content; it may be empty. It must not change until the call completes.</param>
    /// <param name="cancellationToken">Ends the wait for room in the send buffer. Cancellation-safe: nothing was sent.</param>
    /// <returns>The length of the data. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed. Nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="Send(ReadOnlySpan{byte})"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer. Thrown synchronously.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        CheckPeer(SocketOperation.Send);
        return SendAsync(data, default, null, null, cancellationToken);
    }

    /// <summary>Receives the peer's next datagram: recvmsg(2). It waits for at most <see cref="SocketBase.ReceiveTimeout"/>.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <returns>
    /// The length, and whether the datagram was truncated because it was longer than the buffer. The sender is the peer, except for
    /// datagrams that were queued before the endpoint was connected: those name their own sender.
    /// </returns>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was received; call again.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="ReceiveFrom(Span{byte})"/>.</exception>
    /// <exception cref="SocketOperationException">
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer, or another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ReceivedDatagram Receive(Span<byte> buffer)
    {
        CheckPeer(SocketOperation.Receive);
        return ReceiveFrom(buffer);
    }

    /// <summary>Receives a datagram of the peer if one has arrived: recvmsg(2). It never waits, in any mode.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <param name="datagram">The same as <see cref="Receive(Span{byte})"/> returns.</param>
    /// <returns>False if nothing has arrived yet.</returns>
    /// <exception cref="SocketOperationException">
    /// An ICMP error about an earlier datagram, reported once. The endpoint stays usable.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer, or another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TryReceive(Span<byte> buffer, out ReceivedDatagram datagram)
    {
        CheckPeer(SocketOperation.Receive);
        return TryReceiveFrom(buffer, out datagram);
    }

    /// <summary>Receives the peer's next datagram without blocking a thread: recvmsg(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no datagram is lost.</param>
    /// <returns>The same as <see cref="Receive(Span{byte})"/> returns. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.ReceiveTimeout"/> passed. Nothing was received; call again.
    /// </exception>
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
    public ValueTask<ReceivedDatagram> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        CheckPeer(SocketOperation.Receive);
        return ReceiveFromAsync(buffer, cancellationToken);
    }

    private void CheckPeer(SocketOperation operation)
    {
        if (_peer is null)
        {
            ThrowIfDisposed(Faults.NameOf(operation));
            string instead = operation == SocketOperation.Send ? "SendTo" : "ReceiveFrom";
            throw new InvalidOperationException(
                $"{Faults.NameOf(operation)} on {Describe('→')}: the endpoint is not connected. Use {instead}, or connect it.");
        }
    }
}
