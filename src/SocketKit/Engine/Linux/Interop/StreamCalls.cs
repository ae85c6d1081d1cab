using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>
/// The calls of a stream socket on a plain descriptor, which its owner keeps open during the call. No call throws, and each one is
/// repeated after a signal.
/// </summary>
[SupportedOSPlatform("linux")]
internal static partial class StreamCalls
{
    public const short PollIn = Libc.POLLIN;
    public const short PollOut = Libc.POLLOUT;
    public const short PollErr = Libc.POLLERR;

    /// <summary>
    /// recv(2): 0 at the end of the stream, −1 and the error if nothing came. Without <paramref name="wait"/> it never blocks.
    /// </summary>
    public static int Receive(int fd, Span<byte> buffer, bool wait, bool peek, out SocketError error)
    {
        int flags = (wait ? 0 : Libc.MSG_DONTWAIT) | (peek ? Libc.MSG_PEEK : 0);
        nint received;
        int errno;

        // SAFETY: pinned memory with its true length.
        unsafe
        {
            fixed (byte* start = buffer)
            {
                do
                {
                    received = Libc.recv(fd, start, (nuint)buffer.Length, flags);
                    errno = Errno.After(received);
                }
                while (errno == Errno.EINTR);
            }
        }

        error = errno == 0 ? SocketError.Success : Errno.ToSocketError(errno);
        return (int)received;
    }

    /// <summary>send(2), which may take only a part; −1 and the error if it took nothing. Never raises SIGPIPE.</summary>
    public static int Send(int fd, ReadOnlySpan<byte> data, bool wait, out SocketError error)
    {
        int flags = (wait ? 0 : Libc.MSG_DONTWAIT) | Libc.MSG_NOSIGNAL;
        nint sent;
        int errno;

        // SAFETY: pinned memory with its true length.
        unsafe
        {
            fixed (byte* start = data)
            {
                do
                {
                    sent = Libc.send(fd, start, (nuint)data.Length, flags);
                    errno = Errno.After(sent);
                }
                while (errno == Errno.EINTR);
            }
        }

        error = errno == 0 ? SocketError.Success : Errno.ToSocketError(errno);
        return (int)sent;
    }

    /// <summary>
    /// sendmsg(2) of the first <see cref="KernelLimits.Segments"/> segments, without waiting; otherwise like <see cref="Send"/>.
    /// </summary>
    public static int SendGathered(int fd, ReadOnlySpan<ArraySegment<byte>> segments, out SocketError error)
    {
        if (segments.Length == 1)
        {
            return Send(fd, segments[0], wait: false, out error);
        }

        nint sent;
        int count = Math.Min(segments.Length, KernelLimits.Segments);
        Span<GCHandle> pins = stackalloc GCHandle[count];
        pins.Clear();
        try
        {
            // SAFETY: each array is pinned until after the call, and a segment lies within its array; the vectors are on the stack.
            unsafe
            {
                BufferVector* vectors = stackalloc BufferVector[count];
                for (int i = 0; i < count; i++)
                {
                    pins[i] = GCHandle.Alloc(segments[i].Array, GCHandleType.Pinned);
                    vectors[i].Start = (byte*)pins[i].AddrOfPinnedObject() + segments[i].Offset;
                    vectors[i].Length = (nuint)segments[i].Count;
                }

                var message = new MessageHeader { Buffers = vectors, BufferCount = (nuint)count };
                do
                {
                    sent = Libc.sendmsg(fd, &message, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
                }
                while (IsInterrupted(sent));
            }

            return Result(sent, out error);
        }
        finally
        {
            foreach (GCHandle pin in pins)
            {
                if (pin.IsAllocated)
                {
                    pin.Free();
                }
            }
        }
    }

    /// <summary>sendmsg(2) of two pieces, without waiting; otherwise like <see cref="Send"/>.</summary>
    public static int SendGathered(int fd, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, out SocketError error)
    {
        nint sent;

        // SAFETY: both pieces are pinned with their true lengths during the call; the vectors are on the stack.
        unsafe
        {
            fixed (byte* firstStart = first, secondStart = second)
            {
                BufferVector* vectors = stackalloc BufferVector[2];
                vectors[0] = new BufferVector { Start = firstStart, Length = (nuint)first.Length };
                vectors[1] = new BufferVector { Start = secondStart, Length = (nuint)second.Length };
                var message = new MessageHeader { Buffers = vectors, BufferCount = 2 };
                do
                {
                    sent = Libc.sendmsg(fd, &message, Libc.MSG_DONTWAIT | Libc.MSG_NOSIGNAL);
                }
                while (IsInterrupted(sent));
            }
        }

        return Result(sent, out error);
    }

    /// <summary>
    /// poll(2): the events, or 0 after the time-out; −1 waits without end. A descriptor that cannot be polled counts as one with an
    /// error, which the next call on it reports.
    /// </summary>
    public static int Poll(int fd, short events, int milliseconds)
    {
        long start = milliseconds > 0 ? Stopwatch.GetTimestamp() : 0;
        var descriptor = new PollDescriptor { Descriptor = fd, Wanted = events };
        int left = milliseconds;
        while (true)
        {
            int ready;

            // SAFETY: one structure on the stack.
            unsafe
            {
                ready = Libc.poll(&descriptor, 1, left);
            }

            if (!IsInterrupted(ready))
            {
                return ready < 0 ? PollErr : ready == 0 ? 0 : descriptor.Happened;
            }

            if (milliseconds > 0)
            {
                // The elapsed time is rounded down to milliseconds, so what is left is rounded up and no wait ends early.
                left = (int)Math.Max(0, milliseconds - (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }
    }

    private static bool IsInterrupted(nint result) => result < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR;

    private static int Result(nint result, out SocketError error)
    {
        error = result < 0 ? Errno.Last() : SocketError.Success;
        return (int)result;
    }
}
