using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>Calls on stream sockets. connect(2), sendmsg(2) and fcntl(2) are in the other parts.</summary>
// SAFETY: declarations only; the callers in this folder give the reasons for their arguments.
internal static unsafe partial class Libc
{
    /// <summary>bits/socket.h.</summary>
    public const ushort AF_INET = 2;
    public const ushort AF_INET6 = 10;

    /// <summary>bits/poll.h.</summary>
    public const short POLLIN = 0x1;
    public const short POLLOUT = 0x4;
    public const short POLLERR = 0x8;

    /// <summary>bits/socket.h.</summary>
    public const int SHUT_WR = 1;
    public const int SHUT_RDWR = 2;

    /// <summary>asm-generic/socket.h, level SOL_SOCKET.</summary>
    public const int SO_LINGER = 13;

    /// <summary>asm-generic/ioctls.h; SIOCOUTQ is TIOCOUTQ (linux/sockios.h).</summary>
    public const nuint FIONREAD = 0x541B;
    public const nuint SIOCOUTQ = 0x5411;

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int ioctl(int fd, nuint request, int* value);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint recv(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial nint send(int fd, byte* data, nuint length, int flags);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int shutdown(int fd, int how);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int accept4(int fd, byte* address, uint* addressLength, int flags);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int getsockopt(int fd, int level, int name, void* value, uint* length);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int setsockopt(int fd, int level, int name, void* value, uint length);

    [LibraryImport(Library, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    public static partial int getpeername(int fd, byte* address, uint* length);
}
