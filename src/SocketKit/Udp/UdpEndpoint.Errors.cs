using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Udp;

namespace SocketKit;

public sealed partial class UdpEndpoint
{
    internal override string? Explain(SocketOperation operation, SocketError error, EndPoint? remote) => error switch
    {
        SocketError.MessageSize =>
            "the datagram is too long (MessageSize). UDP takes 65 507 bytes over IPv4 and 65 527 over IPv6 at most; "
            + "a small SendBufferSize takes fewer.",
        SocketError.AccessDenied when IsBroadcastRefused(remote) => IPAddress.Broadcast.Equals((remote as IPEndPoint)?.Address)
            ? "a broadcast needs EnableBroadcast (AccessDenied)."
            : "no right (AccessDenied). A broadcast address needs EnableBroadcast; otherwise a firewall or a route forbids it.",
        _ => remote is IPEndPoint ip ? IPv6Support.WhyNot(error, ip.Address) : null,
    };

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
