using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;

namespace SocketKit;

public abstract partial class DatagramEndpoint
{
    /// <summary>
    /// Sends one datagram, whole or not at all: sendto(2). While the send buffer is full it waits, for at most
    /// <see cref="SocketBase.SendTimeout"/>.
    /// </summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <param name="to">The receiver. On a connected endpoint it must be the peer.</param>
    /// <returns>The length of the data.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="to"/> has another address family than the endpoint, or has no port. Nothing was sent.
    /// </exception>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: the send buffer is full. MessageSize: the datagram is too long. AccessDenied: a broadcast without
    /// EnableBroadcast, or a firewall. NetworkUnreachable, HostUnreachable: there is no route. ConnectionRefused or another ICMP error on a
    /// connected endpoint: it is about an earlier datagram and is reported once. Nothing was sent; the endpoint stays usable.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public int SendTo(ReadOnlySpan<byte> data, EndPoint to) => SendFrom(null, data, to);

    /// <summary>
    /// Sends one datagram to an address in the form that a receive writes: sendto(2). It waits for room as
    /// <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/> does, and does not allocate.
    /// </summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <param name="to">The receiver. An IPv4 address is mapped if the endpoint is a dual-mode IPv6 one.</param>
    /// <returns>The length of the data.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="to"/> has another address family than the endpoint, is too short, or has no port.
    /// </exception>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>.</exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public int SendTo(ReadOnlySpan<byte> data, SocketAddress to)
    {
        SocketAddress? scratch = null;
        TimeSpan timeout = SendTimeout;
        IoResult outcome = _channel.Send(data, new SendTarget(TargetOf(to, ref scratch)), timeout);
        ReturnAddress(scratch);
        return outcome.IsSuccess ? outcome.Count : throw SendFault(outcome, timeout, ReadAddress(to));
    }

    /// <summary>Sends one datagram if the send buffer has room: sendto(2). It never waits, in any mode.</summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="sent">The length of the data, or 0.</param>
    /// <returns>False if the send buffer is full; nothing was sent.</returns>
    /// <exception cref="ArgumentException">As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>.</exception>
    /// <exception cref="SocketOperationException">
    /// As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>, without WouldBlock.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TrySendTo(ReadOnlySpan<byte> data, EndPoint to, out int sent) => TrySendFrom(null, data, to, out sent);

    /// <summary>
    /// Sends one datagram, if the send buffer has room, to an address in the form that a receive writes: sendto(2). It never waits, in any
    /// mode, and does not allocate.
    /// </summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="sent">The length of the data, or 0.</param>
    /// <returns>False if the send buffer is full; nothing was sent.</returns>
    /// <exception cref="ArgumentException">As for <see cref="SendTo(ReadOnlySpan{byte}, SocketAddress)"/>.</exception>
    /// <exception cref="SocketOperationException">
    /// As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>, without WouldBlock.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TrySendTo(ReadOnlySpan<byte> data, SocketAddress to, out int sent)
    {
        SocketAddress? scratch = null;
        IoResult outcome = _channel.Send(data, new SendTarget(TargetOf(to, ref scratch)), TimeSpan.Zero);
        ReturnAddress(scratch);
        sent = outcome.Count;
        return outcome.IsSuccess
            || (outcome.Status == ChannelStatus.WouldBlock ? false : throw SendFault(outcome, default, ReadAddress(to)));
    }

    /// <summary>Sends one datagram, whole or not at all, without blocking a thread: sendto(2).</summary>
    /// <param name="data">The content; it may be empty. It must not change until the call completes.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="cancellationToken">Ends the wait for room in the send buffer. Cancellation-safe: nothing was sent.</param>
    /// <returns>The length of the data. Await it once.</returns>
    /// <exception cref="ArgumentException">As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>. Thrown synchronously.</exception>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed. Nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">
    /// As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>, without WouldBlock.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address. Thrown synchronously.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ValueTask<int> SendToAsync(ReadOnlyMemory<byte> data, EndPoint to, CancellationToken cancellationToken = default) =>
        SendFromAsync(null, data, to, cancellationToken);

    /// <summary>Sends one datagram to an address in the form that a receive writes, without blocking a thread: sendto(2).</summary>
    /// <param name="data">The content; it may be empty. It must not change until the call completes.</param>
    /// <param name="to">The receiver. It must not change until the call completes.</param>
    /// <param name="cancellationToken">Ends the wait for room in the send buffer. Cancellation-safe: nothing was sent.</param>
    /// <returns>The length of the data. Await it once.</returns>
    /// <exception cref="ArgumentException">
    /// As for <see cref="SendTo(ReadOnlySpan{byte}, SocketAddress)"/>. Thrown synchronously.
    /// </exception>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed. Nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">
    /// As for <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>, without WouldBlock.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address. Thrown synchronously.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ValueTask<int> SendToAsync(ReadOnlyMemory<byte> data, SocketAddress to, CancellationToken cancellationToken = default)
    {
        SocketAddress? scratch = null;
        SocketAddress? target = TargetOf(to, ref scratch);
        return SendAsync(data, new SendTarget(target), scratch, to, cancellationToken);
    }

    /// <param name="from">The source; null: the system chooses.</param>
    /// <param name="data">The content.</param>
    /// <param name="to">The receiver.</param>
    private protected int SendFrom(IPAddress? from, ReadOnlySpan<byte> data, EndPoint to)
    {
        SocketAddress scratch = RentAddress();
        TimeSpan timeout = SendTimeout;
        IoResult outcome = _channel.Send(data, new SendTarget(TargetOf(to, scratch), from), timeout);
        EndPoint? refused = outcome.IsSuccess ? null : ReadAddress(scratch);
        ReturnAddress(scratch);
        return outcome.IsSuccess ? outcome.Count : throw SendFault(outcome, timeout, refused, from);
    }

    /// <summary>The same without waiting. False: the send buffer is full.</summary>
    private protected bool TrySendFrom(IPAddress? from, ReadOnlySpan<byte> data, EndPoint to, out int sent)
    {
        SocketAddress scratch = RentAddress();
        IoResult outcome = _channel.Send(data, new SendTarget(TargetOf(to, scratch), from), TimeSpan.Zero);
        EndPoint? refused = outcome.Status is ChannelStatus.Success or ChannelStatus.WouldBlock ? null : ReadAddress(scratch);
        ReturnAddress(scratch);
        sent = outcome.Count;
        return outcome.IsSuccess
            || (outcome.Status == ChannelStatus.WouldBlock ? false : throw SendFault(outcome, default, refused, from));
    }

    /// <summary>The same without blocking a thread.</summary>
    private protected ValueTask<int> SendFromAsync(
        IPAddress? from, ReadOnlyMemory<byte> data, EndPoint to, CancellationToken cancellationToken)
    {
        SocketAddress scratch = RentAddress();
        SocketAddress? target = TargetOf(to, scratch);
        return SendAsync(data, new SendTarget(target, from), scratch, scratch, cancellationToken);
    }

    private ValueTask<int> SendAsync(
        ReadOnlyMemory<byte> data, SendTarget target, SocketAddress? scratch, SocketAddress? to, CancellationToken cancellationToken)
    {
        TimeSpan timeout = SendTimeout;
        return Sending(_channel.SendAsync(data, target, timeout, cancellationToken), target, scratch, to, timeout, cancellationToken);
    }

    /// <param name="sending">The send of the channel.</param>
    /// <param name="target">The receiver for sendto(2), and the source.</param>
    /// <param name="scratch">A rented address to return after the call; null if there is none.</param>
    /// <param name="to">The receiver that an exception names; null for the peer.</param>
    /// <param name="timeout">The time-out that applies.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    private ValueTask<int> Sending(
        IoTask sending,
        SendTarget target,
        SocketAddress? scratch,
        SocketAddress? to,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        if (sending.IsPending)
        {
            // The pending send may still read the scratch address, so it is not returned; the garbage collector takes it.
            IFaultSource faults = target.To is { } address ? new SendToFaults(this, address, target.From) : this;
            return sending.AsCount(faults, SocketOperation.Send, timeout, cancellationToken);
        }

        IoResult outcome = sending.Outcome;
        EndPoint? refused = outcome.IsSuccess || to is null ? null : ReadAddress(to);
        ReturnAddress(scratch);
        return outcome.IsSuccess
            ? new ValueTask<int>(outcome.Count)
            : outcome.Status == ChannelStatus.Canceled && cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<int>(cancellationToken)
            : ValueTask.FromException<int>(SendFault(outcome, timeout, refused, target.From, cancellationToken));
    }

    /// <param name="outcome">How the send ended.</param>
    /// <param name="timeout">The time-out that applied.</param>
    /// <param name="to">The receiver; null for the peer.</param>
    /// <param name="from">The source; null: the system chose it.</param>
    /// <param name="cancellationToken">The token of the call.</param>
    private Exception SendFault(
        IoResult outcome, TimeSpan timeout, EndPoint? to, IPAddress? from = null, CancellationToken cancellationToken = default) =>
        from is not null && outcome.Error is (SocketError.AddressNotAvailable or SocketError.OperationNotSupported)
            ? Faults.OfSource(outcome.Error, this, to, from)
            : Faults.Of(SocketOperation.Send, outcome, this, IsAboutEarlier(outcome.Error) ? null : to, timeout, 0, cancellationToken);

    /// <summary>Whether the error is about a datagram that was sent before, and not about the receiver of this call.</summary>
    private protected virtual bool IsAboutEarlier(SocketError error) => false;

    /// <summary>Names the target of a send that had to wait.</summary>
    private sealed class SendToFaults(DatagramEndpoint endpoint, SocketAddress target, IPAddress? from) : IFaultSource
    {
        public Exception FaultOf(SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken) =>
            endpoint.SendFault(outcome, timeout, endpoint.ReadAddress(target), from, cancellationToken);
    }
}
