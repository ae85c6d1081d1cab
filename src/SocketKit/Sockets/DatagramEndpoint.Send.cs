using System.Net;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit;

public abstract partial class DatagramEndpoint
{
    /// <summary>Sends one datagram, whole or not at all, waiting for room as <see cref="SocketBase.SendTimeout"/> says. sendto(2).</summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <param name="to">The receiver. On a connected endpoint its peer, and nobody else.</param>
    /// <returns>The length of the data.</returns>
    /// <exception cref="ArgumentException"><paramref name="to"/> has another address family than the endpoint, or no port. Nothing was sent.</exception>
    /// <exception cref="SocketTimeoutException">The deadline passed; nothing was sent.</exception>
    /// <exception cref="SocketException">
    /// WouldBlock in non-blocking mode: no room. MessageSize: too long. AccessDenied: a broadcast without EnableBroadcast, or a firewall.
    /// NetworkUnreachable, HostUnreachable: no route. An ICMP error on a connected endpoint, reported once. Nothing was sent; usable.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
    public int SendTo(ReadOnlySpan<byte> data, EndPoint to)
    {
        SocketAddress scratch = RentAddress();
        TimeSpan timeout = SendTimeout;
        IoResult outcome = _channel.Send(data, TargetOf(to, scratch), timeout);
        EndPoint? refused = outcome.IsSuccess ? null : ReadAddress(scratch);
        ReturnAddress(scratch);
        return outcome.IsSuccess ? outcome.Count : throw SendFault(outcome, timeout, refused);
    }

    /// <summary>Sends one datagram to an address as a receive wrote it. sendto(2).</summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <param name="to">The receiver. IPv4 is mapped where the endpoint is a dual-mode IPv6 one.</param>
    /// <returns>The length of the data.</returns>
    /// <exception cref="ArgumentException"><paramref name="to"/> has another address family than the endpoint, is too short, or has no port.</exception>
    /// <exception cref="SocketTimeoutException">The deadline passed; nothing was sent.</exception>
    /// <exception cref="SocketException">As in <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>.</exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
    public int SendTo(ReadOnlySpan<byte> data, SocketAddress to)
    {
        SocketAddress? scratch = null;
        TimeSpan timeout = SendTimeout;
        IoResult outcome = _channel.Send(data, TargetOf(to, ref scratch), timeout);
        ReturnAddress(scratch);
        return outcome.IsSuccess ? outcome.Count : throw SendFault(outcome, timeout, ReadAddress(to));
    }

    /// <summary>Sends one datagram if there is room, without waiting in any mode.</summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="sent">The length of the data, or 0.</param>
    /// <returns>False if a send would have to wait; nothing was sent.</returns>
    /// <exception cref="ArgumentException">As in <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>.</exception>
    /// <exception cref="SocketException">As in <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TrySendTo(ReadOnlySpan<byte> data, EndPoint to, out int sent)
    {
        SocketAddress scratch = RentAddress();
        IoResult outcome = _channel.Send(data, TargetOf(to, scratch), TimeSpan.Zero);
        EndPoint? refused = outcome.Status is ChannelStatus.Success or ChannelStatus.WouldBlock ? null : ReadAddress(scratch);
        ReturnAddress(scratch);
        sent = outcome.Count;
        return outcome.IsSuccess || (outcome.Status == ChannelStatus.WouldBlock ? false : throw SendFault(outcome, default, refused));
    }

    /// <summary>Sends one datagram to an address as a receive wrote it, if there is room, without waiting in any mode.</summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="sent">The length of the data, or 0.</param>
    /// <returns>False if a send would have to wait; nothing was sent.</returns>
    /// <exception cref="ArgumentException">As in <see cref="SendTo(ReadOnlySpan{byte}, SocketAddress)"/>.</exception>
    /// <exception cref="SocketException">As in <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TrySendTo(ReadOnlySpan<byte> data, SocketAddress to, out int sent)
    {
        SocketAddress? scratch = null;
        IoResult outcome = _channel.Send(data, TargetOf(to, ref scratch), TimeSpan.Zero);
        ReturnAddress(scratch);
        sent = outcome.Count;
        return outcome.IsSuccess
            || (outcome.Status == ChannelStatus.WouldBlock ? false : throw SendFault(outcome, default, ReadAddress(to)));
    }

    /// <summary>Sends one datagram, whole or not at all, without blocking a thread.</summary>
    /// <param name="data">The content; it may be empty. It is the library's until the call completes.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="cancellationToken">Ends the wait for room. Cancellation-safe: nothing was sent.</param>
    /// <returns>The length of the data. Await it once.</returns>
    /// <exception cref="ArgumentException">As in <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>; thrown at once.</exception>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed; nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The token fired; nothing was sent.</exception>
    /// <exception cref="SocketException">As in <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address; thrown at once.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
    public ValueTask<int> SendToAsync(ReadOnlyMemory<byte> data, EndPoint to, CancellationToken cancellationToken = default)
    {
        SocketAddress scratch = RentAddress();
        SocketAddress? target = TargetOf(to, scratch);
        return SendAsync(data, target, scratch, scratch, cancellationToken);
    }

    /// <summary>Sends one datagram to an address as a receive wrote it, without blocking a thread.</summary>
    /// <param name="data">The content; it may be empty. It is the library's until the call completes.</param>
    /// <param name="to">The receiver. It must not change until the call completes.</param>
    /// <param name="cancellationToken">Ends the wait for room. Cancellation-safe: nothing was sent.</param>
    /// <returns>The length of the data. Await it once.</returns>
    /// <exception cref="ArgumentException">As in <see cref="SendTo(ReadOnlySpan{byte}, SocketAddress)"/>; thrown at once.</exception>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed; nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The token fired; nothing was sent.</exception>
    /// <exception cref="SocketException">As in <see cref="SendTo(ReadOnlySpan{byte}, EndPoint)"/>, without WouldBlock.</exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address; thrown at once.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed, before or meanwhile.</exception>
    public ValueTask<int> SendToAsync(ReadOnlyMemory<byte> data, SocketAddress to, CancellationToken cancellationToken = default)
    {
        SocketAddress? scratch = null;
        SocketAddress? target = TargetOf(to, ref scratch);
        return SendAsync(data, target, scratch, to, cancellationToken);
    }

    /// <param name="data">The content.</param>
    /// <param name="target">For the system; null for the peer.</param>
    /// <param name="scratch">Lent for this call.</param>
    /// <param name="to">For the exception; null for the peer.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    private ValueTask<int> SendAsync(
        ReadOnlyMemory<byte> data, SocketAddress? target, SocketAddress? scratch, SocketAddress? to, CancellationToken cancellationToken)
    {
        TimeSpan timeout = SendTimeout;
        IoTask sending = _channel.SendAsync(data, target, timeout, cancellationToken);
        if (sending.IsPending)
        {
            // The scratch address, if there is one, is in use until the end, and left to the collector.
            IFaultSource faults = target is null ? this : new SendToFaults(this, target);
            return sending.AsCount(faults, SocketOperation.Send, timeout, cancellationToken);
        }

        IoResult outcome = sending.Outcome;
        EndPoint? refused = outcome.IsSuccess || to is null ? null : ReadAddress(to);
        ReturnAddress(scratch);
        return outcome.IsSuccess
            ? new ValueTask<int>(outcome.Count)
            : outcome.Status == ChannelStatus.Canceled && cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<int>(cancellationToken)
            : ValueTask.FromException<int>(SendFault(outcome, timeout, refused, cancellationToken));
    }

    /// <param name="outcome">How the send ended.</param>
    /// <param name="timeout">The time-out that applied.</param>
    /// <param name="to">The receiver; null for the peer.</param>
    /// <param name="cancellationToken">The token of the call.</param>
    private Exception SendFault(IoResult outcome, TimeSpan timeout, EndPoint? to, CancellationToken cancellationToken = default) =>
        Faults.Of(SocketOperation.Send, outcome, this, to, timeout, 0, cancellationToken);

    /// <summary>Names the target of a send that had to wait.</summary>
    private sealed class SendToFaults(DatagramEndpoint endpoint, SocketAddress target) : IFaultSource
    {
        public Exception FaultOf(SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken) =>
            endpoint.SendFault(outcome, timeout, endpoint.ReadAddress(target), cancellationToken);
    }
}
