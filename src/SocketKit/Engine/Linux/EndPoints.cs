using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux;

/// <summary>The two addresses of a plain descriptor, as endpoints; IPv4 where it is mapped, null where the system cannot say.</summary>
[SupportedOSPlatform("linux")]
internal static class EndPoints
{
    private static readonly UnixDomainSocketEndPoint s_anyUnix = new("/");

    public static EndPoint? Local(int fd) => Of(StreamCalls.AddressOf(fd, ofPeer: false));

    public static EndPoint? Remote(int fd) => Of(StreamCalls.AddressOf(fd, ofPeer: true));

    private static EndPoint? Of(SocketAddress? address) => address?.Family switch
    {
        null => null,
        AddressFamily.Unix => s_anyUnix.Create(address),
        _ => SocketAddresses.Read(address),
    };
}
