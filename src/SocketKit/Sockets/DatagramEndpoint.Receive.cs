using System.Net;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Errors;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit;

public abstract partial class DatagramEndpoint
{
    /// <summary>Receives the next datagram, waiting as <see cref="SocketBase.ReceiveTimeout"/> says. recvmsg(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer takes a datagram, too.</param>
    /// <returns>Length, sender, and whether the datagram was longer than the buffer.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed; nothing was taken, call again.</exception>
    /// <exception cref="SocketException">
    /// WouldBlock in non-blocking mode: nothing is there yet. ConnectionRefused, HostUnreachable and the like on a connected endpoint: an ICMP
    /// error, reported once; call again.
    /// </exception>
    /// <exception cref="EndOfStreamException">The peer has closed a sequenced-packet connection, and no message is left.</exception>
    /// <exception cref="InvalidOperationException">Another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
    public ReceivedDatagram ReceiveFrom(Span<byte> buffer) => ReceiveNamed(buffer, SocketOperation.Receive);

    /// <summary>Receives the next datagram without allocating: the sender's address is written, not built. recvmsg(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer takes a datagram, too.</param>
    /// <param name="from">
    /// Where the sender's address goes, in the endpoint's own family (IPv4-mapped on a dual-mode endpoint); its <c>Size</c> becomes 0 for a Unix
    /// sender without a name. It can be passed to <c>SendTo</c> as it is. One receive at a time may use it.
    /// </param>
    /// <returns>Length, and whether the datagram was longer than the buffer; <see cref="ReceivedDatagram.RemoteEndPoint"/> is null.</returns>
    /// <exception cref="ArgumentException"><paramref name="from"/> is too small for the endpoint's address family.</exception>
    /// <exception cref="SocketTimeoutException">The deadline passed; nothing was taken, call again.</exception>
    /// <exception cref="SocketException">As in <see cref="ReceiveFrom(Span{byte})"/>.</exception>
    /// <exception cref="EndOfStreamException">The peer has closed a sequenced-packet connection, and no message is left.</exception>
    /// <exception cref="InvalidOperationException">Another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
    public ReceivedDatagram ReceiveFrom(Span<byte> buffer, SocketAddress from)
    {
        CheckFrom(from);
        TimeSpan timeout = ReceiveTimeout;
        DatagramResult received = _channel.Receive(buffer, from, peek: false, timeout);
        return received.IsSuccess ? Unnamed(received) : throw ReceiveFault(SocketOperation.Receive, received.Outcome, timeout);
    }

    /// <summary>Receives a datagram that is there, without waiting in any mode.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer takes a datagram, too.</param>
    /// <param name="datagram">Length, sender, and whether the datagram was longer than the buffer.</param>
    /// <returns>False if nothing is there yet.</returns>
    /// <exception cref="SocketException">An ICMP error on a connected endpoint, reported once.</exception>
    /// <exception cref="EndOfStreamException">The peer has closed a sequenced-packet connection, and no message is left.</exception>
    /// <exception cref="InvalidOperationException">Another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TryReceiveFrom(Span<byte> buffer, out ReceivedDatagram datagram)
    {
        SocketAddress from = RentAddress();
        DatagramResult received = _channel.Receive(buffer, from, peek: false, TimeSpan.Zero);
        datagram = Finish(received, from, ownsFrom: true);
        return IsThere(received);
    }

    /// <summary>Receives a datagram that is there, without waiting in any mode and without allocating.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer takes a datagram, too.</param>
    /// <param name="from">Where the sender's address goes, as in <see cref="ReceiveFrom(Span{byte}, SocketAddress)"/>.</param>
    /// <param name="datagram">Length, and whether the datagram was longer than the buffer.</param>
    /// <returns>False if nothing is there yet.</returns>
    /// <exception cref="ArgumentException"><paramref name="from"/> is too small for the endpoint's address family.</exception>
    /// <exception cref="SocketException">An ICMP error on a connected endpoint, reported once.</exception>
    /// <exception cref="EndOfStreamException">The peer has closed a sequenced-packet connection, and no message is left.</exception>
    /// <exception cref="InvalidOperationException">Another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TryReceiveFrom(Span<byte> buffer, SocketAddress from, out ReceivedDatagram datagram)
    {
        CheckFrom(from);
        DatagramResult received = _channel.Receive(buffer, from, peek: false, TimeSpan.Zero);
        datagram = received.IsSuccess ? Unnamed(received) : default;
        return IsThere(received);
    }

    /// <summary>Receives the next datagram without blocking a thread.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer takes a datagram, too; <see cref="SocketBase.WaitReadableAsync"/> takes none.</param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no datagram is lost.</param>
    /// <returns>Length, sender, and whether the datagram was longer than the buffer. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.ReceiveTimeout"/> passed; nothing was taken, call again.</exception>
    /// <exception cref="OperationCanceledException">The token fired; nothing was taken.</exception>
    /// <exception cref="SocketException">An ICMP error on a connected endpoint, reported once.</exception>
    /// <exception cref="EndOfStreamException">The peer has closed a sequenced-packet connection, and no message is left.</exception>
    /// <exception cref="InvalidOperationException">Another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
    public ValueTask<ReceivedDatagram> ReceiveFromAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ReceiveFromAsync(buffer, RentAddress(), ownsFrom: true, cancellationToken);

    /// <summary>Receives the next datagram without blocking a thread and without allocating.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer takes a datagram, too; <see cref="SocketBase.WaitReadableAsync"/> takes none.</param>
    /// <param name="from">
    /// Where the sender's address goes, as in <see cref="ReceiveFrom(Span{byte}, SocketAddress)"/>. It is the library's until the call completes.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no datagram is lost.</param>
    /// <returns>Length, and whether the datagram was longer than the buffer. Await it once.</returns>
    /// <exception cref="ArgumentException"><paramref name="from"/> is too small for the endpoint's address family.</exception>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.ReceiveTimeout"/> passed; nothing was taken, call again.</exception>
    /// <exception cref="OperationCanceledException">The token fired; nothing was taken.</exception>
    /// <exception cref="SocketException">An ICMP error on a connected endpoint, reported once.</exception>
    /// <exception cref="EndOfStreamException">The peer has closed a sequenced-packet connection, and no message is left.</exception>
    /// <exception cref="InvalidOperationException">Another receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
    public ValueTask<ReceivedDatagram> ReceiveFromAsync(Memory<byte> buffer, SocketAddress from, CancellationToken cancellationToken = default)
    {
        CheckFrom(from);
        return ReceiveFromAsync(buffer, from, ownsFrom: false, cancellationToken);
    }

    /// <summary>Copies the next datagram and leaves it in the kernel's queue, waiting as <see cref="SocketBase.ReceiveTimeout"/> says. recvmsg(2), MSG_PEEK.</summary>
    /// <param name="buffer">Where the copy goes.</param>
    /// <returns>Length, sender, and whether the datagram is longer than the buffer.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed.</exception>
    /// <exception cref="SocketException">As in <see cref="ReceiveFrom(Span{byte})"/>.</exception>
    /// <exception cref="InvalidOperationException">A receive is under way.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
    public ReceivedDatagram PeekFrom(Span<byte> buffer) => ReceiveNamed(buffer, SocketOperation.Peek);

    ReceivedDatagram IDatagramResults.ResultOf(DatagramResult received, SocketAddress from, bool ownsFrom) =>
        Finish(received, from, ownsFrom);

    Exception IFaultSource.FaultOf(SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken) =>
        operation is SocketOperation.Receive or SocketOperation.Peek ? ReceiveFault(operation, outcome, timeout, cancellationToken)
        : operation == SocketOperation.Send ? SendFault(outcome, timeout, null, cancellationToken)
        : Faults.Of(operation, outcome, this, timeout, 0, cancellationToken);

    /// <summary>Builds the result, and takes the sender's address back if it was lent.</summary>
    private ReceivedDatagram Finish(DatagramResult received, SocketAddress from, bool ownsFrom)
    {
        if (!ownsFrom)
        {
            return Unnamed(received);
        }

        EndPoint? sender = !received.IsSuccess || from.Size == 0 ? null
            : _peer is { Address: { } address } peer && SocketAddresses.AreSame(address, from) ? peer.EndPoint
            : ReadAddress(from);
        ReturnAddress(from);
        return new ReceivedDatagram(received.Outcome.Count, received.IsTruncated, sender, received.LocalAddress, received.InterfaceIndex);
    }

    private static ReceivedDatagram Unnamed(DatagramResult received) =>
        new(received.Outcome.Count, received.IsTruncated, null, received.LocalAddress, received.InterfaceIndex);

    private ReceivedDatagram ReceiveNamed(Span<byte> buffer, SocketOperation operation)
    {
        TimeSpan timeout = ReceiveTimeout;
        SocketAddress from = RentAddress();
        DatagramResult received = _channel.Receive(buffer, from, operation == SocketOperation.Peek, timeout);
        ReceivedDatagram datagram = Finish(received, from, ownsFrom: true);
        return received.IsSuccess ? datagram : throw ReceiveFault(operation, received.Outcome, timeout);
    }

    private bool IsThere(DatagramResult received) => received.Status switch
    {
        ChannelStatus.Success => true,
        ChannelStatus.WouldBlock => false,
        _ => throw ReceiveFault(SocketOperation.Receive, received.Outcome, default),
    };

    private ValueTask<ReceivedDatagram> ReceiveFromAsync(Memory<byte> buffer, SocketAddress from, bool ownsFrom, CancellationToken cancellationToken)
    {
        TimeSpan timeout = ReceiveTimeout;
        return _channel.ReceiveAsync(buffer, from, peek: false, timeout, cancellationToken)
            .AsReceived(this, from, ownsFrom, timeout, cancellationToken);
    }

    private Exception ReceiveFault(
        SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        outcome.Status == ChannelStatus.EndOfStream
            ? new EndOfStreamException(
                $"{Faults.NameOf(operation)} on {Describe('←')}: the peer has closed the connection, and no message is left.")
            : Faults.Of(operation, outcome, this, timeout, 0, cancellationToken);
}
