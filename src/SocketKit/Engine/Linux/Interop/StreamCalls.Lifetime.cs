using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SocketKit.Engine.Linux.Interop;

internal static partial class StreamCalls
{
    /// <summary>
    /// accept4(2), close-on-exec. Returns the descriptor, or −1 and the error. It waits only if the listener blocks. The accepted socket
    /// blocks.
    /// </summary>
    /// <param name="fd">The listener.</param>
    /// <param name="name">Receives the peer's address.</param>
    /// <param name="length">The length of that address.</param>
    /// <param name="error">The error, if there is no connection.</param>
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

    /// <summary>connect(2). On a non-blocking descriptor InProgress is the normal outcome, and SO_ERROR later holds the result.</summary>
    public static SocketError Connect(int fd, ReadOnlySpan<byte> address)
    {
        int result;

        // SAFETY: pinned memory with its true length.
        unsafe
        {
            fixed (byte* name = address)
            {
                // A signal interrupts only a connect that blocks. Called again, Linux continues to wait for the same connection.
                do
                {
                    result = Libc.connect(fd, name, (uint)address.Length);
                }
                while (IsInterrupted(result));
            }
        }

        return result < 0 ? Errno.Last() : SocketError.Success;
    }

    /// <summary>shutdown(2), SHUT_WR: the end of the stream follows the bytes that were sent.</summary>
    public static SocketError ShutdownSend(int fd) => Shutdown(fd, Libc.SHUT_WR);

    /// <summary>shutdown(2), SHUT_RDWR: like <see cref="ShutdownSend"/>, and every wait on the socket ends.</summary>
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

    /// <summary>SO_LINGER with 0 seconds: closing resets a TCP connection and drops bytes that were not sent yet.</summary>
    public static void ResetOnClose(int fd) => SetLinger(fd, new LingerValue { IsOn = 1, Seconds = 0 });

    /// <summary>The seconds of SO_LINGER; −1 if it is off.</summary>
    public static int LingerOf(int fd)
    {
        LingerValue linger = default;
        bool isRead = TryGetOption(fd, Libc.SOL_SOCKET, Libc.SO_LINGER, MemoryMarshal.AsBytes(new Span<LingerValue>(ref linger)));
        return isRead && linger.IsOn != 0 ? linger.Seconds : -1;
    }

    /// <summary>getsockopt(2). False if the socket has no such option, or one of another length.</summary>
    public static bool TryGetOption(int fd, int level, int name, Span<byte> value)
    {
        uint length = (uint)value.Length;

        // SAFETY: the kernel writes at most the given length to pinned memory.
        unsafe
        {
            fixed (byte* start = value)
            {
                return Libc.getsockopt(fd, level, name, start, &length) >= 0 && length == value.Length;
            }
        }
    }

    /// <summary>Another descriptor of the same socket; −1 and the error if the limit is reached.</summary>
    public static int Duplicate(int fd, out SocketError error) => Result(DescriptorFlags.Duplicate(fd), out error);

    /// <summary>close(2), called once: even after a signal the descriptor is closed, and its number may belong to another file.</summary>
    public static void Close(int fd) => _ = Libc.close(fd);

    /// <summary>
    /// close(2) without waiting. With SO_LINGER and a positive time it would wait for so long until the peer has acknowledged everything
    /// (socket(7)). The peer sees no difference: the kernel goes on sending, and the FIN follows.
    /// </summary>
    public static void CloseAtOnce(int fd)
    {
        if (LingerOf(fd) > 0)
        {
            SetLinger(fd, default);
        }

        Close(fd);
    }

    private static void SetLinger(int fd, LingerValue linger)
    {
        // SAFETY: one structure on the stack with its size.
        unsafe
        {
            _ = Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_LINGER, &linger, (uint)sizeof(LingerValue));
        }
    }

    private static SocketError Shutdown(int fd, int how) => Libc.shutdown(fd, how) < 0 ? Errno.Last() : SocketError.Success;
}
