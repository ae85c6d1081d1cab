using System.Net;
using System.Net.Sockets;
using SocketKit.Udp;

namespace SocketKit;

public sealed partial class UdpEndpoint
{
    /// <summary>
    /// Sends one datagram from one of this machine's addresses: sendmsg(2) with IP_PKTINFO or IPV6_PKTINFO. A server that is bound to all
    /// addresses answers with it from <see cref="ReceivedDatagram.LocalAddress"/>, where it was asked. Otherwise it waits for room as
    /// <see cref="DatagramEndpoint.SendTo(ReadOnlySpan{byte}, EndPoint)"/> does.
    /// </summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <param name="to">The receiver. On a connected endpoint it must be the peer.</param>
    /// <param name="from">
    /// An address of this machine, of the same family as the receiver's. The port stays the endpoint's. <see cref="IPAddress.Any"/>, <see
    /// cref="IPAddress.IPv6Any"/>, <see cref="IPAddress.Broadcast"/> and multicast groups leave the choice to the system. The scope of a
    /// link-local address names the interface.
    /// </param>
    /// <returns>The length of the data.</returns>
    /// <exception cref="ArgumentException">
    /// <paramref name="from"/> and <paramref name="to"/> are of different families, or <paramref name="to"/> is as for
    /// <see cref="DatagramEndpoint.SendTo(ReadOnlySpan{byte}, EndPoint)"/>. Nothing was sent.
    /// </exception>
    /// <exception cref="SocketTimeoutException">The deadline passed. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">
    /// AddressNotAvailable: <paramref name="from"/> is no address of this machine. NetworkUnreachable: there is no route, or <paramref
    /// name="from"/> is the broadcast address of a network. OperationNotSupported: the system is not Linux, and
    /// <paramref name="from"/> is not the address that the endpoint is bound to. The others are as for
    /// <see cref="DatagramEndpoint.SendTo(ReadOnlySpan{byte}, EndPoint)"/>. Nothing was sent; the endpoint stays usable.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public int SendTo(ReadOnlySpan<byte> data, IPEndPoint to, IPAddress from) => SendFrom(SourceOf(from, to), data, to);

    /// <summary>
    /// Sends one datagram from one of this machine's addresses, if the send buffer has room: sendmsg(2) with IP_PKTINFO or IPV6_PKTINFO. It
    /// never waits, in any mode.
    /// </summary>
    /// <param name="data">The content; it may be empty.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="from">As for <see cref="SendTo(ReadOnlySpan{byte}, IPEndPoint, IPAddress)"/>.</param>
    /// <param name="sent">The length of the data, or 0.</param>
    /// <returns>False if the send buffer is full; nothing was sent.</returns>
    /// <exception cref="ArgumentException">As for <see cref="SendTo(ReadOnlySpan{byte}, IPEndPoint, IPAddress)"/>.</exception>
    /// <exception cref="SocketOperationException">
    /// As for <see cref="SendTo(ReadOnlySpan{byte}, IPEndPoint, IPAddress)"/>, without WouldBlock.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TrySendTo(ReadOnlySpan<byte> data, IPEndPoint to, IPAddress from, out int sent) =>
        TrySendFrom(SourceOf(from, to), data, to, out sent);

    /// <summary>
    /// Sends one datagram from one of this machine's addresses, without blocking a thread: sendmsg(2) with IP_PKTINFO or IPV6_PKTINFO.
    /// </summary>
    /// <param name="data">The content; it may be empty. It must not change until the call completes.</param>
    /// <param name="to">The receiver.</param>
    /// <param name="from">As for <see cref="SendTo(ReadOnlySpan{byte}, IPEndPoint, IPAddress)"/>.</param>
    /// <param name="cancellationToken">Ends the wait for room in the send buffer. Cancellation-safe: nothing was sent.</param>
    /// <returns>The length of the data. Await it once.</returns>
    /// <exception cref="ArgumentException">
    /// As for <see cref="SendTo(ReadOnlySpan{byte}, IPEndPoint, IPAddress)"/>. Thrown synchronously.
    /// </exception>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.SendTimeout"/> passed. Nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">The token fired. Nothing was sent.</exception>
    /// <exception cref="SocketOperationException">
    /// As for <see cref="SendTo(ReadOnlySpan{byte}, IPEndPoint, IPAddress)"/>, without WouldBlock.
    /// </exception>
    /// <exception cref="InvalidOperationException">The endpoint is connected to another address. Thrown synchronously.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed before or during the call.</exception>
    public ValueTask<int> SendToAsync(
        ReadOnlyMemory<byte> data, IPEndPoint to, IPAddress from, CancellationToken cancellationToken = default) =>
        SendFromAsync(SourceOf(from, to), data, to, cancellationToken);

    /// <summary>The source that the system is told; null: none.</summary>
    private static IPAddress? SourceOf(IPAddress from, IPEndPoint to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (FamilyOf(from) != FamilyOf(to.Address))
        {
            throw new ArgumentException(
                $"The receiver's address is {FamilyOf(to.Address)}, and the source is {FamilyOf(from)}.", nameof(from));
        }

        // A datagram that came to a group or to everybody is answered from the address that the system chooses.
        bool isAddressOfOne = !IPAddress.Broadcast.Equals(from) && !MulticastOptions.IsMulticast(from);
        return isAddressOfOne && !IPAddress.Any.Equals(from) && !IPAddress.IPv6Any.Equals(from) ? from : null;
    }

    private static AddressFamily FamilyOf(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? AddressFamily.InterNetwork : address.AddressFamily;
}
