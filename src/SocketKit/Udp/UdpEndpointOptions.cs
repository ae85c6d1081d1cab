using System.Net.Sockets;
using SocketKit.Sockets;
using SocketKit.Udp;

namespace SocketKit;

/// <summary>Options of <see cref="UdpEndpoint"/>.</summary>
public sealed class UdpEndpointOptions : SocketOptions
{
    /// <summary>
    /// SO_REUSEADDR, and nothing else. On UDP it lets several sockets of this machine have the same port; of two, the last one bound gets
    /// what is sent to it, so any process may take another's datagrams over. For multicast, where each of them gets every datagram.
    /// </summary>
    /// <value>False by default.</value>
    public bool ReuseAddress { get; set; }

    /// <summary>SO_REUSEPORT, and nothing else: several sockets of one user share a port, and the kernel spreads senders over them.</summary>
    /// <value>False by default. Not available on Windows.</value>
    public bool ReusePort { get; set; }

    /// <summary>SO_BROADCAST: without it, sending to a broadcast address is refused with AccessDenied.</summary>
    /// <value>False by default.</value>
    public bool EnableBroadcast { get; set; }

    /// <summary>Whether an endpoint on all IPv6 addresses exchanges datagrams with IPv4 peers, too (IPV6_V6ONLY off).</summary>
    /// <value>True by default. Where the system has no IPv6, all IPv4 addresses are bound.</value>
    public bool DualMode { get; set; } = true;

    /// <summary>
    /// Whether each received datagram tells where it was sent to and by which interface it came (IP_PKTINFO, IPV6_RECVPKTINFO):
    /// <see cref="ReceivedDatagram.LocalAddress"/> and <see cref="ReceivedDatagram.InterfaceIndex"/>.
    /// </summary>
    /// <value>False by default.</value>
    public bool ReceivePacketInfo { get; set; }

    internal override void ApplyTo(Socket socket)
    {
        base.ApplyTo(socket);
        if (OperatingSystem.IsWindows())
        {
            WindowsUdp.IgnoreIcmpErrors(socket);
        }

        if (ReuseAddress)
        {
            AddressReuse.SetReuseAddress(socket, true);
        }

        if (ReusePort)
        {
            AddressReuse.SetReusePort(socket);
        }

        if (EnableBroadcast)
        {
            UdpSockets.SetBroadcast(socket, true);
        }

        if (ReceivePacketInfo)
        {
            UdpSockets.AskForPacketInfo(socket);
        }
    }
}
