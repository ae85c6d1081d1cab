using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux;

/// <summary>
/// One address of a stream, IPv4 where it is mapped, null where the system could not say. Taken early as bytes, built on first read: most
/// connections of a server are never asked.
/// </summary>
[SupportedOSPlatform("linux")]
internal struct LazyEndPoint
{
    private static readonly UnixDomainSocketEndPoint s_anyUnix = new("/");

    private readonly IPName _name;
    private readonly AddressFamily _family;
    private EndPoint? _built;

    /// <summary>An address that is known already, or that the system could not say.</summary>
    public LazyEndPoint(EndPoint? known)
    {
        _family = AddressFamily.Unspecified;
        _built = known;
    }

    /// <summary>What getsockname(2), getpeername(2) or accept4(2) has written.</summary>
    public LazyEndPoint(ReadOnlySpan<byte> name)
    {
        _family = StreamCalls.FamilyOf(name);
        if (_family is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)
        {
            name[..Math.Min(name.Length, IPName.Length)].CopyTo(_name);
        }
        else if (_family == AddressFamily.Unix)
        {
            var address = new SocketAddress(_family, name.Length);
            name.CopyTo(address.Buffer.Span);
            _built = s_anyUnix.Create(address);
        }
    }

    public EndPoint? Value => _built ??= _family is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6
        ? SocketAddresses.Read(_name, _family)
        : null;

    public static LazyEndPoint LocalOf(int fd) => Of(fd, ofPeer: false);

    public static LazyEndPoint RemoteOf(int fd) => Of(fd, ofPeer: true);

    private static LazyEndPoint Of(int fd, bool ofPeer)
    {
        Span<byte> name = stackalloc byte[StreamCalls.LongestAddress];
        return new LazyEndPoint(name[..StreamCalls.AddressOf(fd, ofPeer, name)]);
    }

    /// <summary>sizeof(struct sockaddr_in6) (netinet/in.h).</summary>
    [InlineArray(Length)]
    private struct IPName
    {
        public const int Length = 28;
        private byte _first;
    }
}
