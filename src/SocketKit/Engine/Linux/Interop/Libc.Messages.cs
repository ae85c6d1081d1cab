using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

// SAFETY: declarations only; the callers in this folder give the reasons for their arguments.
internal static unsafe partial class Libc
{
    /// <summary>bits/socket.h.</summary>
    public const int MSG_PEEK = 0x02;
    public const int MSG_TRUNC = 0x20;
    public const ushort AF_UNSPEC = 0;

    /// <summary>asm-generic/socket.h, SO_TIMESTAMP_OLD, which 64-bit systems use: each message carries the time of its arrival.</summary>
    public const int SO_TIMESTAMP = 29;

    /// <summary>bits/socket.h: reads the error queue of the socket.</summary>
    public const int MSG_ERRQUEUE = 0x2000;

    /// <summary>bits/in.h: the options that fill the error queue, and the control messages of its errors.</summary>
    public const int IP_RECVERR = 11;
    public const int IPV6_RECVERR = 25;

    /// <summary>bits/in.h: levels, and the control messages that carry packet information.</summary>
    public const int IPPROTO_IP = 0;
    public const int IPPROTO_IPV6 = 41;
    public const int IP_PKTINFO = 8;
    public const int IPV6_PKTINFO = 50;

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint sendto(int fd, byte* data, nint length, int flags, byte* address, uint addressLength);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int connect(int fd, byte* address, uint addressLength);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int bind(int fd, byte* address, uint addressLength);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int getsockname(int fd, byte* address, uint* addressLength);
}
