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

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int recvmmsg(int fd, MessageEntry* messages, uint count, int flags, void* timeout);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int sendmmsg(int fd, MessageEntry* messages, uint count, int flags);
}
