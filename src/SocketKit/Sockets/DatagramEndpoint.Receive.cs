using System.Net;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Errors;

namespace SocketKit;

public abstract partial class DatagramEndpoint
{
    /// <summary>Receives the next datagram: recvmsg(2). It waits for at most <see cref="SocketBase.ReceiveTimeout"/>.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <returns>The length, the sender, and whether the datagram was truncated because it was longer than the buffer.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was received; call again.</exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: nothing has arrived yet. ConnectionRefused, HostUnreachable or another ICMP error, on a connected
    /// endpoint: it is reported once; call again.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ReceivedDatagram ReceiveFrom(Span<byte> buffer) => ReceiveNamed(buffer, SocketOperation.Receive);

    /// <summary>
    /// Receives the next datagram without allocating: recvmsg(2). The sender's address is written to <paramref name="from"/>.
    /// </summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <param name="from">
    /// Where the sender's address goes, in the endpoint's own family (IPv4-mapped on a dual-mode endpoint). Its <c>Size</c> becomes 0 for
    /// an unnamed Unix sender. It can be passed to <c>SendTo</c> as it is. Only one receive at a time may use it.
    /// </param>
    /// <returns>The length, and whether the datagram was truncated. <see cref="ReceivedDatagram.RemoteEndPoint"/> is null.</returns>
    /// <exception cref="ArgumentException"><paramref name="from"/> is too small for the endpoint's address family.</exception>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was received; call again.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="ReceiveFrom(Span{byte})"/>.</exception>
    /// <exception cref="SocketOperationException">
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ReceivedDatagram ReceiveFrom(Span<byte> buffer, SocketAddress from)
    {
        CheckFrom(from);
        TimeSpan timeout = ReceiveTimeout;
        DatagramResult received = _channel.Receive(buffer, from, peek: false, timeout);
        return received.IsSuccess ? Unnamed(received) : throw ReceiveFault(SocketOperation.Receive, received.Outcome, timeout);
    }

    /// <summary>Receives a datagram if one has arrived: recvmsg(2). It never waits, in any mode.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <param name="datagram">The length, the sender, and whether the datagram was truncated because it was longer than the buffer.</param>
    /// <returns>False if nothing has arrived yet.</returns>
    /// <exception cref="SocketOperationException">
    /// An ICMP error on a connected endpoint, reported once. The endpoint stays usable.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TryReceiveFrom(Span<byte> buffer, out ReceivedDatagram datagram)
    {
        SocketAddress from = RentAddress();
        DatagramResult received = _channel.Receive(buffer, from, peek: false, TimeSpan.Zero);
        datagram = Finish(received, from, ownsFrom: true);
        return IsThere(received);
    }

    /// <summary>Receives a datagram if one has arrived, without allocating: recvmsg(2). It never waits, in any mode.</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <param name="from">Where the sender's address goes, as in <see cref="ReceiveFrom(Span{byte}, SocketAddress)"/>.</param>
    /// <param name="datagram">The length, and whether the datagram was truncated because it was longer than the buffer.</param>
    /// <returns>False if nothing has arrived yet.</returns>
    /// <exception cref="ArgumentException"><paramref name="from"/> is too small for the endpoint's address family.</exception>
    /// <exception cref="SocketOperationException">
    /// An ICMP error on a connected endpoint, reported once. The endpoint stays usable.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TryReceiveFrom(Span<byte> buffer, SocketAddress from, out ReceivedDatagram datagram)
    {
        CheckFrom(from);
        DatagramResult received = _channel.Receive(buffer, from, peek: false, TimeSpan.Zero);
        datagram = received.IsSuccess ? Unnamed(received) : default;
        return IsThere(received);
    }

    /// <summary>Receives the next datagram without blocking a thread: recvmsg(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no datagram is lost.</param>
    /// <returns>The length, the sender, and whether the datagram was truncated because it was longer than the buffer.</returns>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.ReceiveTimeout"/> passed. Nothing was received; call again.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was received.</exception>
    /// <exception cref="SocketOperationException">
    /// An ICMP error on a connected endpoint, reported once. The endpoint stays usable.
    /// </exception>
    /// <exception cref="SocketOperationException">
    /// Disconnecting: the peer has closed a sequenced-packet connection, and all its messages have been received.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ValueTask<ReceivedDatagram> ReceiveFromAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        ReceiveFromAsync(buffer, RentAddress(), ownsFrom: true, cancellationToken);

    /// <summary>Receives the next datagram without blocking a thread and without allocating: recvmsg(2).</summary>
    /// <param name="buffer">Where the bytes go. An empty buffer also takes a datagram off the queue.</param>
    /// <param name="from">
    /// Where the sender's address goes, as for <see cref="ReceiveFrom(Span{byte}, SocketAddress)"/>. Do not use it until the call
    /// completes.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no datagram is lost.</param>
    /// <returns>The length, and whether the datagram was truncated because it was longer than the buffer.</returns>
    /// <exception cref="ArgumentException"><paramref name="from"/> is too small for the endpoint's address family.</exception>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.ReceiveTimeout"/> passed. Nothing was received; call again.
    /// </exception>
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
        Memory<byte> buffer, SocketAddress from, CancellationToken cancellationToken = default)
    {
        CheckFrom(from);
        return ReceiveFromAsync(buffer, from, ownsFrom: false, cancellationToken);
    }

    /// <summary>
    /// Copies the next datagram and leaves it in the kernel's queue: recvmsg(2), MSG_PEEK. It waits for at most
    /// <see cref="SocketBase.ReceiveTimeout"/>.
    /// </summary>
    /// <param name="buffer">Where the copy goes.</param>
    /// <returns>The length, the sender, and whether the datagram is longer than the buffer.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed. The queue is unchanged; call again.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="ReceiveFrom(Span{byte})"/>.</exception>
    /// <exception cref="InvalidOperationException">A receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ReceivedDatagram PeekFrom(Span<byte> buffer) => ReceiveNamed(buffer, SocketOperation.Peek);

    ReceivedDatagram IDatagramResults.ResultOf(DatagramResult received, SocketAddress from, bool ownsFrom) =>
        Finish(received, from, ownsFrom);

    /// <summary>The oldest error of the kernel's queue; null: none.</summary>
    private protected DatagramError? TakeQueuedError()
    {
        string operation = Faults.NameOf(SocketOperation.Receive);
        ThrowIfDisposed(operation);
        try
        {
            return _channel.TakeQueuedError();
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: the exception names the endpoint.
            throw Faults.Disposed(operation, "the error queue", this);
        }
    }

    Exception IFaultSource.FaultOf(SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken) =>
        operation is SocketOperation.Receive or SocketOperation.Peek ? ReceiveFault(operation, outcome, timeout, cancellationToken)
        : operation == SocketOperation.Send ? SendFault(outcome, timeout, null, cancellationToken: cancellationToken)
        : Faults.Of(operation, outcome, this, timeout, 0, cancellationToken);

    /// <summary>Builds the result, and returns the sender's address if it was rented.</summary>
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

    private ValueTask<ReceivedDatagram> ReceiveFromAsync(
        Memory<byte> buffer, SocketAddress from, bool ownsFrom, CancellationToken cancellationToken)
    {
        TimeSpan timeout = ReceiveTimeout;
        return _channel.ReceiveAsync(buffer, from, peek: false, timeout, cancellationToken)
            .AsReceived(this, from, ownsFrom, timeout, cancellationToken);
    }

    private Exception ReceiveFault(
        SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        outcome.Status == ChannelStatus.EndOfStream
            ? Faults.EndOfMessages(operation, this)
            : Faults.Of(operation, outcome, this, timeout, 0, cancellationToken);
}
