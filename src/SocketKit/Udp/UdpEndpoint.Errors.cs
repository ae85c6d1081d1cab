using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Udp;

namespace SocketKit;

public sealed partial class UdpEndpoint
{
    /// <summary>
    /// The length of an IPv4 packet has 16 bits (RFC 791, section 3.1). A larger MTU, as on loopback, limits nothing.
    /// </summary>
    private const int LongestPacket = 65_535;

    /// <summary>
    /// Takes the oldest error that the kernel has kept about a datagram of this endpoint: recvmsg(2) with MSG_ERRQUEUE. It never waits, in
    /// any mode, and may run beside a receive.
    /// </summary>
    /// <param name="error">Which datagram it was, and who reported it; null if the result is false.</param>
    /// <returns>
    /// False if there is none, if <see cref="UdpEndpointOptions.ReceiveErrors"/> was not set, or if the system is not Linux.
    /// </returns>
    /// <remarks>
    /// The next send or receive after an error throws once, and says no more than what happened. One exception may stand for several
    /// errors, so call this until it returns false. The library keeps the latest 64 and the kernel as many as the receive buffer holds.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public bool TryReceiveError([NotNullWhen(true)] out DatagramError? error)
    {
        error = TakeQueuedError();
        return error is not null;
    }

    /// <summary>Without a peer a refusal is never about the datagram at hand: the ICMP message comes later.</summary>
    private protected override bool IsAboutEarlier(SocketError error) =>
        error == SocketError.ConnectionRefused && Channel.ReceivesErrors && !IsConnected;

    internal override string? Explain(SocketOperation operation, SocketError error, EndPoint? remote) => error switch
    {
        _ when IsAboutEarlier(error) =>
            $"nobody listens where an earlier datagram was sent to ({error}); TryReceiveError tells which."
            + (operation == SocketOperation.Send ? " This call sent nothing; call again." : string.Empty),
        SocketError.HostUnreachable when Channel.ReceivesErrors && !IsConnected =>
            $"no way leads to that host, or an earlier datagram did not arrive, of which TryReceiveError tells ({error}).",
        SocketError.MessageSize =>
            "the datagram is too long (MessageSize). UDP takes 65 507 bytes over IPv4 and 65 527 over IPv6 at most; "
            + "a small SendBufferSize takes fewer." + PathLimit(),
        SocketError.AccessDenied when IsBroadcastRefused(remote) => IPAddress.Broadcast.Equals((remote as IPEndPoint)?.Address)
            ? "a broadcast needs EnableBroadcast (AccessDenied)."
            : "no right (AccessDenied). A broadcast address needs EnableBroadcast; otherwise a firewall or a route forbids it.",
        _ => remote is IPEndPoint ip ? IPv6Support.WhyNot(error, ip.Address) : null,
    };

    /// <summary>What the kernel knows of the way to the peer: IP_MTU, IPV6_MTU, which a socket with a peer has (ip(7), ipv6(7)).</summary>
    private string PathLimit()
    {
        if (!OperatingSystem.IsLinux() || !IsConnected)
        {
            return string.Empty;
        }

        try
        {
            Socket socket = InnerSocket;
            bool isIPv6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
            int mtu = (isIPv6 ? SocketOption.PathMtuIPv6 : SocketOption.PathMtu).Get(socket, this);
            return mtu < LongestPacket
                ? string.Create(CultureInfo.InvariantCulture, $" The path to the peer takes packets of at most {mtu} bytes, with headers.")
                : string.Empty;
        }
        catch (SocketException)
        {
            // The peer was removed meanwhile.
            return string.Empty;
        }
        catch (ObjectDisposedException)
        {
            // The endpoint was closed meanwhile. The error that is being explained came first.
            return string.Empty;
        }
    }

    /// <summary>
    /// Whether the target may be a broadcast address without EnableBroadcast. The broadcast address of a network cannot be recognised
    /// without its mask.
    /// </summary>
    private bool IsBroadcastRefused(EndPoint? remote)
    {
        try
        {
            return remote?.AddressFamily != AddressFamily.InterNetworkV6 && !UdpSockets.GetBroadcast(InnerSocket);
        }
        catch (ObjectDisposedException)
        {
            // The endpoint was closed meanwhile. The error that is being explained came first.
            return false;
        }
    }
}
