using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Platform;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>
/// One address of a stream. An IPv4-mapped address is shown as IPv4; null if the system call failed. Kept as bytes and built on first
/// read, because most connections of a server are never asked for it.
/// </summary>
[SupportedOSPlatform("linux")]
internal struct LazyEndPoint
{
    private static readonly UnixDomainSocketEndPoint s_anyUnix = new("/");

    /// <summary>The start of a sockaddr_in (netinet/in.h), port and address; zero if this is not an IPv4 address.</summary>
    private readonly ulong _ipv4;

    /// <summary>The endpoint once it is built; before that the sockaddr of an IPv6 socket, or null.</summary>
    private object? _value;

    /// <summary>An address that is known already; null if the system call failed.</summary>
    public LazyEndPoint(EndPoint? known) => _value = known;

    /// <summary>The bytes that getsockname(2), getpeername(2) or accept4(2) has written.</summary>
    public LazyEndPoint(ReadOnlySpan<byte> name)
    {
        switch (StreamCalls.FamilyOf(name))
        {
            case AddressFamily.InterNetwork:
                _ipv4 = MemoryMarshal.Read<ulong>(name);
                break;
            case AddressFamily.InterNetworkV6 when SocketAddresses.TryReadMapped(name, MemoryMarshal.AsBytes(new Span<ulong>(ref _ipv4))):
                break;
            case AddressFamily.InterNetworkV6:
                _value = name.ToArray();
                break;
            case AddressFamily.Unix:
                var address = new SocketAddress(AddressFamily.Unix, name.Length);
                name.CopyTo(address.Buffer.Span);
                _value = s_anyUnix.Create(address);
                break;
        }
    }

    public EndPoint? Value
    {
        get
        {
            // Several threads may build an object each; they are equal.
            object? seen = _value;
            if (seen is EndPoint built)
            {
                return built;
            }

            EndPoint? value = seen is byte[] name ? SocketAddresses.Read(name, AddressFamily.InterNetworkV6)
                : _ipv4 != 0 ? SocketAddresses.Read(MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in _ipv4)), AddressFamily.InterNetwork)
                : null;
            _value = value;
            return value;
        }
    }

    public static LazyEndPoint LocalOf(int fd) => Of(fd, ofPeer: false);

    public static LazyEndPoint RemoteOf(int fd) => Of(fd, ofPeer: true);

    private static LazyEndPoint Of(int fd, bool ofPeer)
    {
        Span<byte> name = stackalloc byte[StreamCalls.LongestAddress];
        return new LazyEndPoint(name[..StreamCalls.AddressOf(fd, ofPeer, name)]);
    }
}
