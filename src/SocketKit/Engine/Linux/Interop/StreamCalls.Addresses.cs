using System.Net.Sockets;

namespace SocketKit.Engine.Linux.Interop;

internal static partial class StreamCalls
{
    /// <summary>sizeof(struct sockaddr_storage) (bits/socket.h): room for an address of any family.</summary>
    public const int LongestAddress = 128;

    /// <summary>
    /// getsockname(2), or getpeername(2), which fails for a connection that was reset in the backlog. Returns the length of the address,
    /// 0 if the call failed.
    /// </summary>
    public static int AddressOf(int fd, bool ofPeer, Span<byte> name)
    {
        uint length = (uint)name.Length;

        // SAFETY: the kernel writes at most the given length to pinned memory.
        unsafe
        {
            fixed (byte* start = name)
            {
                int result = ofPeer ? Libc.getpeername(fd, start, &length) : Libc.getsockname(fd, start, &length);
                return result < 0 ? 0 : (int)Math.Min(length, (uint)name.Length);
            }
        }
    }

    /// <summary>
    /// The family of an address that the system has written; Unspecified if it is empty, or of a kind that streams do not have.
    /// </summary>
    public static AddressFamily FamilyOf(ReadOnlySpan<byte> name) =>
        name.Length < sizeof(ushort) ? AddressFamily.Unspecified : BitConverter.ToUInt16(name) switch
        {
            Libc.AF_INET => AddressFamily.InterNetwork,
            Libc.AF_INET6 => AddressFamily.InterNetworkV6,
            Libc.AF_UNIX => AddressFamily.Unix,
            _ => AddressFamily.Unspecified,
        };
}
