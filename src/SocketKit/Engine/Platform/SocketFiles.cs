using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>Kernel calls on the files of Unix sockets for layer 3, guarded per platform.</summary>
internal static class SocketFiles
{
    /// <summary>Whether files can be told apart by device and inode, and owners by their number.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool CanIdentify => OperatingSystem.IsLinux();

    /// <summary>The effective user of this process; null if it is not known.</summary>
    public static uint? EffectiveUser => OperatingSystem.IsLinux() ? UnixFiles.EffectiveUser : null;

    /// <summary>Sets the mode that the file will get on the descriptor. False if that has to be done after bind.</summary>
    public static bool SetModeBeforeBind(Socket socket, UnixFileMode mode) =>
        OperatingSystem.IsLinux() && UnixFiles.SetMode(socket, (uint)mode);

    /// <summary>The file at the path, a symbolic link itself and not its target; null if there is no file that can be inspected.</summary>
    [SupportedOSPlatform("linux")]
    public static SocketFile? Look(string path) => UnixFiles.TryGetStatus(path, out FileStatus status)
        ? new SocketFile(
            KindOf(status.Mode),
            (UnixFileMode)(status.Mode & ~Libc.S_IFMT),
            status.Owner,
            ((ulong)status.DeviceMajor << 32) | status.DeviceMinor,
            status.Inode)
        : null;

    /// <summary>
    /// Locks the directory with flock(2) against other servers that replace a file in it. Any user who can read the directory could hold
    /// the lock without end, so after <paramref name="patience"/> this goes on without it. Disposing the handle releases the lock.
    /// </summary>
    [SupportedOSPlatform("linux")]
    public static SafeFileHandle LockDirectory(string path, TimeSpan patience)
    {
        SafeFileHandle directory = UnixFiles.OpenDirectory(path);
        var deadline = Deadline.After(patience);
        while (!directory.IsInvalid && !UnixFiles.TryLock(directory) && !deadline.HasPassed)
        {
            BlockingWait.Announce();
            Thread.Sleep(1);
        }

        return directory;
    }

    /// <summary>Renames, and replaces a file of the new name.</summary>
    [SupportedOSPlatform("linux")]
    public static bool Rename(string from, string to) => UnixFiles.Rename(from, to);

    /// <summary>Renames back, unless the name has been taken meanwhile.</summary>
    [SupportedOSPlatform("linux")]
    public static void Restore(string from, string to)
    {
        if (UnixFiles.Link(from, to))
        {
            UnixFiles.Unlink(from);
        }
    }

    [SupportedOSPlatform("linux")]
    public static bool Delete(string path) => UnixFiles.Unlink(path);

    /// <summary>socketpair(2).</summary>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static (Socket First, Socket Second) CreatePair(SocketType type) => OperatingSystem.IsLinux()
        ? HandleMessages.CreatePair(type)
        : throw new PlatformNotSupportedException(
            "A pair of Unix sockets is available on Linux only; TcpConnection.CreatePair works everywhere.");

    [SupportedOSPlatform("linux")]
    private static FileKind KindOf(ushort mode) => (mode & Libc.S_IFMT) switch
    {
        Libc.S_IFSOCK => FileKind.Socket,
        Libc.S_IFREG => FileKind.Regular,
        Libc.S_IFDIR => FileKind.Directory,
        Libc.S_IFLNK => FileKind.SymbolicLink,
        _ => FileKind.Other,
    };
}
