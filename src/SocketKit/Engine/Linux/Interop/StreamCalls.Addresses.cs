using System.Net;
using System.Net.Sockets;

namespace SocketKit.Engine.Linux.Interop;

internal static partial class StreamCalls
{
    /// <summary>sizeof(struct sockaddr_storage) (bits/socket.h): room for an address of any family.</summary>
    private const int LongestAddress = 128;

    /// <summary>getsockname(2), or getpeername(2), which fails for a connection that was reset before anybody looked. Null where the system cannot say.</summary>
    public static SocketAddress? AddressOf(int fd, bool ofPeer)
    {
        Span<byte> name = stackalloc byte[LongestAddress];
        uint length = LongestAddress;

        // SAFETY: the kernel writes at most the given length to the stack.
        unsafe
        {
            fixed (byte* start = name)
            {
                if ((ofPeer ? Libc.getpeername(fd, start, &length) : Libc.getsockname(fd, start, &length)) < 0)
                {
                    return null;
                }
            }
        }

        AddressFamily family = BitConverter.ToUInt16(name) switch
        {
            Libc.AF_INET => AddressFamily.InterNetwork,
            Libc.AF_INET6 => AddressFamily.InterNetworkV6,
            Libc.AF_UNIX => AddressFamily.Unix,
            _ => AddressFamily.Unspecified,
        };
        if (family == AddressFamily.Unspecified)
        {
            return null;
        }

        var address = new SocketAddress(family, (int)length);
        name[..(int)length].CopyTo(address.Buffer.Span);
        return address;
    }
}
