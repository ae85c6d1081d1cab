using System.Net.Sockets;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Platform;

/// <summary>What layer 3 has to ask the kernel about the files of Unix sockets, guarded per platform.</summary>
internal static class SocketFiles
{
    /// <summary>Whether files can be told apart by device and inode, and owners by their number.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool CanIdentify => OperatingSystem.IsLinux();

    /// <summary>The user whose rights this process uses; null where that is not known.</summary>
    public static uint? EffectiveUser => OperatingSystem.IsLinux() ? UnixFiles.EffectiveUser : null;

    /// <summary>Gives the descriptor the mode that its file will have. False where that has to be done after bind.</summary>
    public static bool SetModeBeforeBind(Socket socket, UnixFileMode mode) =>
        OperatingSystem.IsLinux() && UnixFiles.SetMode(socket, (uint)mode);

    /// <summary>What is at the path, a symbolic link itself and not its target; null when there is nothing that can be looked at.</summary>
    [SupportedOSPlatform("linux")]
    public static SocketFile? Look(string path) => UnixFiles.TryGetStatus(path, out FileStatus status)
        ? new SocketFile(KindOf(status.Mode), (UnixFileMode)(status.Mode & ~Libc.S_IFMT), status.Owner, ((ulong)status.DeviceMajor << 32) | status.DeviceMinor, status.Inode)
        : null;

    /// <summary>
    /// Takes turns with other servers that are about to replace a file in this directory: flock(2). Whoever can read the directory could hold
    /// the lock for ever, so after a while we go on without it. Dispose the handle to let the next one in.
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

    /// <summary>Renames, replacing what is there.</summary>
    [SupportedOSPlatform("linux")]
    public static bool Rename(string from, string to) => UnixFiles.Rename(from, to);

    /// <summary>Renames back, unless the name is taken meanwhile.</summary>
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
        : throw new PlatformNotSupportedException("A pair of Unix sockets is available on Linux only; TcpConnection.CreatePair works everywhere.");

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
