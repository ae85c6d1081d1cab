using System.Net.Sockets;

namespace SocketKit.Engine.Linux.Interop;

internal static partial class StreamCalls
{
    /// <summary>accept4(2), close-on-exec; −1 and the error. It waits only if the listener blocks. The accepted socket blocks.</summary>
    /// <param name="fd">The listener.</param>
    /// <param name="name">Takes the peer's address.</param>
    /// <param name="length">How long that is.</param>
    /// <param name="error">Why there is no connection.</param>
    public static int Accept(int fd, Span<byte> name, out int length, out SocketError error)
    {
        int accepted;
        uint written;

        // SAFETY: the kernel writes at most the given length to pinned memory.
        unsafe
        {
            fixed (byte* start = name)
            {
                do
                {
                    written = (uint)name.Length;
                    accepted = Libc.accept4(fd, start, &written, Libc.SOCK_CLOEXEC);
                }
                while (IsInterrupted(accepted));
            }
        }

        length = accepted < 0 ? 0 : (int)Math.Min(written, (uint)name.Length);
        return Result(accepted, out error);
    }

    /// <summary>connect(2). On a non-blocking descriptor InProgress is the normal outcome, and <see cref="TakeError"/> tells the end.</summary>
    public static SocketError Connect(int fd, ReadOnlySpan<byte> address)
    {
        int result;

        // SAFETY: pinned memory with its true length.
        unsafe
        {
            fixed (byte* name = address)
            {
                // A signal interrupts only a connect that blocks, and Linux waits on for the same connection when it is called again.
                do
                {
                    result = Libc.connect(fd, name, (uint)address.Length);
                }
                while (IsInterrupted(result));
            }
        }

        return result < 0 ? Errno.Last() : SocketError.Success;
    }

    /// <summary>SO_ERROR: the error that waits at the socket, which is thereby cleared; what the option itself fails with, if it does.</summary>
    public static SocketError TakeError(int fd)
    {
        int errno = 0;
        uint length = sizeof(int);

        // SAFETY: the kernel writes at most one int to a local.
        unsafe
        {
            if (Libc.getsockopt(fd, Libc.SOL_SOCKET, Libc.SO_ERROR, &errno, &length) < 0)
            {
                return Errno.Last();
            }
        }

        return errno == 0 ? SocketError.Success : Errno.ToSocketError(errno);
    }

    /// <summary>shutdown(2), SHUT_WR: the end of the stream follows what was sent.</summary>
    public static SocketError ShutdownSend(int fd) => Shutdown(fd, Libc.SHUT_WR);

    /// <summary>shutdown(2), SHUT_RDWR: as above, and every wait on the socket ends.</summary>
    public static SocketError ShutdownBoth(int fd) => Shutdown(fd, Libc.SHUT_RDWR);

    /// <summary>
    /// connect(2) to AF_UNSPEC: a TCP connection is reset at once and every wait on it ends. Where the system refuses (Unix sockets; some
    /// kernels while a thread waits), both directions are shut down instead, so that the waits end all the same.
    /// </summary>
    public static void Disconnect(int fd)
    {
        // The family is the first member of sockaddr, and AF_UNSPEC is 0.
        if (Connect(fd, stackalloc byte[16]) != SocketError.Success)
        {
            ShutdownBoth(fd);
        }
    }

    /// <summary>SO_LINGER, on with 0 seconds: the close resets a TCP connection and drops what was not sent yet.</summary>
    public static void ResetOnClose(int fd)
    {
        var linger = new LingerValue { IsOn = 1, Seconds = 0 };

        // SAFETY: one structure on the stack with its size.
        unsafe
        {
            _ = Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_LINGER, &linger, (uint)sizeof(LingerValue));
        }
    }

    /// <summary>F_DUPFD_CLOEXEC: another descriptor of the same socket; −1 and the error when there is none left.</summary>
    public static int Duplicate(int fd, out SocketError error) => Result(Libc.fcntl(fd, Libc.F_DUPFD_CLOEXEC, DescriptorFlags.LowestDuplicate), out error);

    /// <summary>close(2), once: after a signal the descriptor is gone, and its number may be another's already.</summary>
    public static void Close(int fd) => _ = Libc.close(fd);

    private static SocketError Shutdown(int fd, int how) => Libc.shutdown(fd, how) < 0 ? Errno.Last() : SocketError.Success;
}
