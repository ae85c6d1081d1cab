using SocketKit.Engine;
using SocketKit.Errors;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit;

public abstract partial class DatagramEndpoint
{
    /// <summary>Sends one datagram to the peer, waiting for room as <see cref="SocketBase.SendTimeout"/> says. send(2).</summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <returns>The length of the data.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed; nothing was sent.</exception>
    /// <exception cref="SocketException">
    /// WouldBlock in non-blocking mode: no room. MessageSize: too long. ConnectionRefused and the like: an ICMP error about an earlier datagram,
    /// reported once; this one was not sent. Usable.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
    public int Send(ReadOnlySpan<byte> data)
    {
        CheckPeer(SocketOperation.Send);
        TimeSpan timeout = SendTimeout;
        IoResult outcome = _channel.Send(data, null, timeout);
        return outcome.IsSuccess ? outcome.Count : throw SendFault(outcome, timeout, null);
    }

    /// <summary>Sends one datagram to the peer if there is room, without waiting in any mode.</summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <param name="sent">The length of the data, or 0.</param>
    /// <returns>False if a send would have to wait; nothing was sent.</returns>
    /// <exception cref="SocketException">As in <see cref="Send"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TrySend(ReadOnlySpan<byte> data, out int sent)
    {
        CheckPeer(SocketOperation.Send);
        IoResult outcome = _channel.Send(data, null, TimeSpan.Zero);
        sent = outcome.Count;
        return outcome.IsSuccess || (outcome.Status == ChannelStatus.WouldBlock ? false : throw SendFault(outcome, default, null));
    }

    /// <summary>Sends one datagram to the peer without blocking a thread.</summary>
    /// <param name="data">The content; it may be empty. It is the library's until the call completes.</param>
    /// <param name="cancellationToken">Ends the wait for room. Cancellation-safe: nothing was sent.</param>
    /// <returns>The length of the data. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed; nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The token fired; nothing was sent.</exception>
    /// <exception cref="SocketException">As in <see cref="Send"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer; thrown at once.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken = default)
    {
        CheckPeer(SocketOperation.Send);
        return SendAsync(data, null, null, null, cancellationToken);
    }

    /// <summary>Receives the peer's next datagram, waiting as <see cref="SocketBase.ReceiveTimeout"/> says. recvmsg(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer takes a datagram, too.</param>
    /// <returns>
    /// Length, and whether the datagram was longer than the buffer. The sender is the peer; only datagrams that were queued before the endpoint
    /// was connected may come from somebody else, and then say so.
    /// </returns>
    /// <exception cref="SocketTimeoutException">The deadline passed; nothing was taken, call again.</exception>
    /// <exception cref="SocketException">As in <see cref="ReceiveFrom(Span{byte})"/>.</exception>
    /// <exception cref="EndOfStreamException">The peer has closed a sequenced-packet connection, and no message is left.</exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer, or another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
    public ReceivedDatagram Receive(Span<byte> buffer)
    {
        CheckPeer(SocketOperation.Receive);
        return ReceiveFrom(buffer);
    }

    /// <summary>Receives a datagram of the peer that is there, without waiting in any mode.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer takes a datagram, too.</param>
    /// <param name="datagram">As what <see cref="Receive"/> returns.</param>
    /// <returns>False if nothing is there yet.</returns>
    /// <exception cref="SocketException">An ICMP error, reported once.</exception>
    /// <exception cref="EndOfStreamException">The peer has closed a sequenced-packet connection, and no message is left.</exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer, or another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TryReceive(Span<byte> buffer, out ReceivedDatagram datagram)
    {
        CheckPeer(SocketOperation.Receive);
        return TryReceiveFrom(buffer, out datagram);
    }

    /// <summary>Receives the peer's next datagram without blocking a thread.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer takes a datagram, too.</param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no datagram is lost.</param>
    /// <returns>As what <see cref="Receive"/> returns. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.ReceiveTimeout"/> passed; nothing was taken, call again.</exception>
    /// <exception cref="OperationCanceledException">The token fired; nothing was taken.</exception>
    /// <exception cref="SocketException">An ICMP error, reported once.</exception>
    /// <exception cref="EndOfStreamException">The peer has closed a sequenced-packet connection, and no message is left.</exception>
    /// <exception cref="InvalidOperationException">The endpoint has no peer (thrown at once), or another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
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
            throw new InvalidOperationException(
                $"{Faults.NameOf(operation)} on {Describe('→')}: the endpoint is not connected. Use {(operation == SocketOperation.Send ? "SendTo" : "ReceiveFrom")}, or connect it.");
        }
    }
}
