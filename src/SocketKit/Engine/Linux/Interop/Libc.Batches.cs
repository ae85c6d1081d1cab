using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

// SAFETY: declarations only; the callers in this folder give the reasons for their arguments.
internal static unsafe partial class Libc
{
    /// <summary>bits/socket.h: recvmmsg(2) waits for the first message only.</summary>
    public const int MSG_WAITFORONE = 0x10000;

    /// <summary>asm-generic/socket.h, SO_TIMESTAMPNS_OLD, which 64-bit systems use; its control message has the same number.</summary>
    public const int SO_TIMESTAMPNS = 35;

    /// <summary>bits/in.h: the control messages of the traffic class and of the TTL.</summary>
    public const int IP_TOS = 1;
    public const int IPV6_TCLASS = 67;
    public const int IP_TTL = 2;
    public const int IPV6_HOPLIMIT = 52;

    /// <summary>bits/in.h, IPPROTO_UDP: the level of the options and control messages below, which are those of linux/udp.h.</summary>
    public const int IPPROTO_UDP = 17;

    /// <summary>Bytes of each datagram into which the kernel cuts what is sent (Linux 4.18). Its control message holds a u16.</summary>
    public const int UDP_SEGMENT = 103;

    /// <summary>Whether datagrams of one sender come as one (Linux 5.0). The control message with the size of each holds an int.</summary>
    public const int UDP_GRO = 104;

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int recvmmsg(int fd, MessageEntry* messages, uint count, int flags, void* timeout);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int sendmmsg(int fd, MessageEntry* messages, uint count, int flags);
}
