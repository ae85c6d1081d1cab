using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>fcntl(2) on the descriptor of a socket: blocking mode, close-on-exec, duplication.</summary>
[SupportedOSPlatform("linux")]
internal static class DescriptorFlags
{
    /// <summary>The lowest number a duplicate may get: above the standard streams.</summary>
    private const int LowestDuplicate = 3;

    private static readonly Lock s_duplicating = new();
    private static int s_lastDuplicate = LowestDuplicate;

    public static bool IsNonBlocking(Socket socket) => (Control(socket.SafeHandle, Libc.F_GETFL, 0) & Libc.O_NONBLOCK) != 0;

    public static void SetNonBlocking(Socket socket, bool nonBlocking)
    {
        int flags = Control(socket.SafeHandle, Libc.F_GETFL, 0);
        Control(socket.SafeHandle, Libc.F_SETFL, nonBlocking ? flags | Libc.O_NONBLOCK : flags & ~Libc.O_NONBLOCK);
    }

    public static void SetCloseOnExec(Socket socket) => Control(socket.SafeHandle, Libc.F_SETFD, Libc.FD_CLOEXEC);

    /// <summary>Another descriptor of the same file, close-on-exec.</summary>
    /// <exception cref="SocketException">The limit of descriptors is reached.</exception>
    public static SafeSocketHandle Duplicate(Socket socket)
    {
        using var lease = new DescriptorLease(socket.SafeHandle);
        int duplicate = Duplicate(lease.Descriptor);
        return duplicate >= 0
            ? new SafeSocketHandle(duplicate, ownsHandle: true)
            : throw new SocketException((int)SocketError.SocketError, $"fcntl(F_DUPFD_CLOEXEC): {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>
    /// F_DUPFD_CLOEXEC: −1, with the last error set, if the limit is reached. Numbers only grow from duplicate to duplicate. A file that
    /// .NET has registered with epoll under a number stays registered after that number is closed, as long as a duplicate is open, and
    /// .NET cannot register it under the same number again (EEXIST).
    /// </summary>
    public static int Duplicate(int descriptor)
    {
        lock (s_duplicating)
        {
            int duplicate = Libc.fcntl(descriptor, Libc.F_DUPFD_CLOEXEC, Math.Max(s_lastDuplicate, descriptor) + 1);
            if (duplicate < 0)
            {
                // EINVAL or EMFILE: no number is left above the last one. The numbers begin again.
                duplicate = Libc.fcntl(descriptor, Libc.F_DUPFD_CLOEXEC, LowestDuplicate);
            }

            s_lastDuplicate = duplicate >= 0 ? duplicate : s_lastDuplicate;
            return duplicate;
        }
    }

    /// <summary>dup3(2): from now on the descriptor of <paramref name="socket"/> refers to the file of <paramref name="other"/>.</summary>
    public static void Replace(Socket socket, Socket other)
    {
        using var lease = new DescriptorLease(socket.SafeHandle);
        if (Libc.dup3((int)other.SafeHandle.DangerousGetHandle(), lease.Descriptor, Libc.O_CLOEXEC) < 0)
        {
            throw new SocketException((int)SocketError.SocketError, $"dup3 failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    private static int Control(SafeSocketHandle handle, int command, int argument)
    {
        using var lease = new DescriptorLease(handle);
        int result = Libc.fcntl(lease.Descriptor, command, argument);
        return result >= 0
            ? result
            : throw new SocketException((int)SocketError.SocketError, $"fcntl({command}) failed: {Marshal.GetLastPInvokeErrorMessage()}");
    }
}
