namespace SocketKit.Engine.Linux.Interop;

/// <summary>How many bytes the kernel holds for a stream socket. 0 if the call fails, because then there is nothing to wait for.</summary>
internal static partial class StreamCalls
{
    /// <summary>ioctl(2), FIONREAD: received and not read yet.</summary>
    public static int Unread(int fd) => QueueOf(fd, Libc.FIONREAD);

    /// <summary>ioctl(2), SIOCOUTQ: sent and not taken by the peer yet (tcp(7), unix(7)).</summary>
    public static int Unsent(int fd) => QueueOf(fd, Libc.SIOCOUTQ);

    private static int QueueOf(int fd, nuint queue)
    {
        int bytes = 0;

        // SAFETY: both requests store one int, which is on the stack.
        unsafe
        {
            return Libc.ioctl(fd, queue, &bytes) == 0 ? bytes : 0;
        }
    }
}
