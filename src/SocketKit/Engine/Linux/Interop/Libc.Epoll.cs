using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>epoll(7) and eventfd(2), and the calls on plain descriptors that they need.</summary>
// SAFETY: declarations only; the callers in this folder give the reasons for their arguments.
internal static unsafe partial class Libc
{
    /// <summary>sys/epoll.h: events, and the flag for edge-triggered registration.</summary>
    public const uint EPOLLIN = 0x1;
    public const uint EPOLLOUT = 0x4;
    public const uint EPOLLERR = 0x8;
    public const uint EPOLLHUP = 0x10;
    public const uint EPOLLRDHUP = 0x2000;
    public const uint EPOLLET = 1U << 31;

    /// <summary>sys/epoll.h: operations of epoll_ctl(2), and the flag of epoll_create1(2).</summary>
    public const int EPOLL_CTL_ADD = 1;
    public const int EPOLL_CTL_DEL = 2;
    public const int EPOLL_CTL_MOD = 3;
    public const int EPOLL_CLOEXEC = 0x80000;

    /// <summary>bits/eventfd.h.</summary>
    public const int EFD_NONBLOCK = 0x800;
    public const int EFD_CLOEXEC = 0x80000;

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int epoll_create1(int flags);

    /// <summary>The event is bytes, because its layout differs between x64 and arm64.</summary>
    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int epoll_ctl(int epoll, int operation, int fd, byte* happening);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int epoll_wait(int epoll, byte* happenings, int most, int milliseconds);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int eventfd(uint initial, int flags);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint write(int fd, void* data, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint read(int fd, void* buffer, nuint length);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int close(int fd);
}
