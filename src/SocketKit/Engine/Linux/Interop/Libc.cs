using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>System calls that System.Net.Sockets has no member for. Numbers are those of the Linux headers, x64 and arm64 alike.</summary>
[SupportedOSPlatform("linux")]
internal static partial class Libc
{
    private const string Library = "libc";

    /// <summary>fcntl(2), asm-generic/fcntl.h.</summary>
    public const int F_SETFD = 2;
    public const int F_GETFL = 3;
    public const int F_SETFL = 4;
    public const int F_DUPFD_CLOEXEC = 1030;
    public const int FD_CLOEXEC = 1;
    public const int O_NONBLOCK = 0x800;

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int socket(int family, int type, int protocol);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int fcntl(int fd, int command, int argument);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int dup3(int oldDescriptor, int newDescriptor, int flags);

    // SAFETY: the name has room for IF_NAMESIZE bytes, as the caller promises.
    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial nint if_indextoname(uint index, byte* name);

    // SAFETY: the name ends with a NUL, as the caller promises.
    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static unsafe partial uint if_nametoindex(byte* name);
}
