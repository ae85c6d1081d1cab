using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>System calls for the files of Unix sockets. None of them follows a symbolic link at the end of a path.</summary>
[SupportedOSPlatform("linux")]
// SAFETY: every pointer is to a local or to memory pinned by fixed during the call; each use names its bounds.
internal static unsafe class UnixFiles
{
    public static uint EffectiveUser => Libc.geteuid();

    /// <summary>Sets the mode of the descriptor before bind(2), which gives the file this mode, less the umask.</summary>
    public static bool SetMode(Socket socket, uint mode)
    {
        using var lease = new DescriptorLease(socket.SafeHandle);
        return Libc.fchmod(lease.Descriptor, mode) == 0;
    }

    /// <summary>False if there is no such file, or it cannot be inspected.</summary>
    public static bool TryGetStatus(string path, out FileStatus status)
    {
        const uint Wanted = Libc.STATX_TYPE | Libc.STATX_MODE | Libc.STATX_UID | Libc.STATX_INO;
        FileStatus found = default;

        // SAFETY: the encoded path ends with NUL and is pinned during the call; the kernel writes at most sizeof(struct statx) to a local.
        fixed (byte* name = Encode(path))
        {
            bool success = Libc.statx(Libc.AT_FDCWD, name, Libc.AT_SYMLINK_NOFOLLOW, Wanted, &found) == 0;
            status = found;
            return success;
        }
    }

    /// <summary>Opens a directory for <see cref="TryLock"/>; an invalid handle if it cannot be read.</summary>
    public static SafeFileHandle OpenDirectory(string path)
    {
        // SAFETY: the encoded path ends with NUL and is pinned during the call.
        fixed (byte* name = Encode(path))
        {
            return new SafeFileHandle(Libc.open(name, Libc.O_RDONLY | Libc.O_CLOEXEC), ownsHandle: true);
        }
    }

    /// <summary>Takes the lock if it is free; closing the handle releases it.</summary>
    public static bool TryLock(SafeFileHandle file) => Libc.flock((int)file.DangerousGetHandle(), Libc.LOCK_EX | Libc.LOCK_NB) == 0;

    public static bool Rename(string from, string to)
    {
        // SAFETY: both encoded paths end with NUL and are pinned during the call.
        fixed (byte* source = Encode(from), target = Encode(to))
        {
            return Libc.rename(source, target) == 0;
        }
    }

    /// <summary>Gives the file a second name, unless that name is in use.</summary>
    public static bool Link(string existing, string added)
    {
        // SAFETY: both encoded paths end with NUL and are pinned during the call.
        fixed (byte* source = Encode(existing), target = Encode(added))
        {
            return Libc.link(source, target) == 0;
        }
    }

    public static bool Unlink(string path)
    {
        // SAFETY: the encoded path ends with NUL and is pinned during the call.
        fixed (byte* name = Encode(path))
        {
            return Libc.unlink(name) == 0;
        }
    }

    private static byte[] Encode(string path) => Encoding.UTF8.GetBytes(path + '\0');
}
