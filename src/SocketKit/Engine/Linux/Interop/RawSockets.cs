using System.Net.Sockets;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>socket(2) for IP protocols by their number.</summary>
[SupportedOSPlatform("linux")]
internal static class RawSockets
{
    /// <summary>SOCK_RAW, close-on-exec.</summary>
    public static Socket Open(AddressFamily family, int protocol)
    {
        int domain = family == AddressFamily.InterNetworkV6 ? Libc.AF_INET6 : Libc.AF_INET;
        int fd = Libc.socket(domain, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, protocol);
        return fd >= 0 ? new Socket(new SafeSocketHandle(fd, ownsHandle: true)) : throw new SocketException((int)Errno.Last());
    }
}
