using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text.Unicode;

namespace SocketKit.Engine.Linux.Interop;

/// <summary>What a thread has used so far, which tells whether the thread or a busy machine causes a delay.</summary>
/// <param name="VoluntarySwitches">How often the thread gave up the processor to wait.</param>
/// <param name="Processor">Processor time in nanoseconds.</param>
[SupportedOSPlatform("linux")]
internal readonly record struct ThreadUse(long VoluntarySwitches, long Processor)
{
    private const long NanosecondsPerSecond = 1_000_000_000;
    private const long NanosecondsPerMicrosecond = 1000;

    /// <summary>Longer than either of the two files.</summary>
    private const int LongestFile = 1024;

    private const int LongestPath = 64;

    /// <summary>gettid(2) of the calling thread.</summary>
    public static int CurrentThread => Libc.gettid();

    /// <summary>getrusage(2) of the calling thread; zeros if the system does not tell.</summary>
    public static ThreadUse OfCurrentThread()
    {
        ResourceUsage usage = default;

        // SAFETY: the kernel writes one structure on the stack.
        unsafe
        {
            if (Libc.getrusage(Libc.RUSAGE_THREAD, &usage) < 0)
            {
                return default;
            }
        }

        long processor = ((usage.UserSeconds + usage.SystemSeconds) * NanosecondsPerSecond)
            + ((usage.UserMicroseconds + usage.SystemMicroseconds) * NanosecondsPerMicrosecond);
        return new ThreadUse(usage.VoluntarySwitches, processor);
    }

    /// <summary>
    /// Whether another thread of this process waits, and is not runnable (stat in proc(5)). True if the system does not tell.
    /// </summary>
    public static bool IsWaiting(int thread)
    {
        Span<byte> text = stackalloc byte[LongestFile];
        text = Read(thread, "stat", text);

        // pid (name) state …; the name may contain any byte.
        int name = text.LastIndexOf((byte)')');
        return name < 0 || name + 2 >= text.Length || text[name + 2] != (byte)'R';
    }

    /// <summary>
    /// The processor time of another thread of this process in nanoseconds (schedstat in proc(5)); −1 if the system does not tell.
    /// </summary>
    public static long ProcessorOf(int thread)
    {
        Span<byte> text = stackalloc byte[LongestFile];
        return Utf8Parser.TryParse(Read(thread, "schedstat", text), out long nanoseconds, out _) ? nanoseconds : -1;
    }

    /// <summary>
    /// Reads by plain system calls, so that the monitor allocates nothing. Empty if the thread has ended, no descriptor is left, or the
    /// system hides the file.
    /// </summary>
    private static Span<byte> Read(int thread, string file, Span<byte> buffer)
    {
        Span<byte> path = stackalloc byte[LongestPath];
        if (!Utf8.TryWrite(path, CultureInfo.InvariantCulture, $"/proc/self/task/{thread}/{file}\0", out _))
        {
            return default;
        }

        // SAFETY: the path ends with a zero, and the kernel writes no further than the buffer is long.
        unsafe
        {
            fixed (byte* name = path, data = buffer)
            {
                int fd = Libc.open(name, Libc.O_RDONLY | Libc.O_CLOEXEC);
                if (fd < 0)
                {
                    return default;
                }

                nint length;
                do
                {
                    length = Libc.read(fd, data, (nuint)buffer.Length);
                }
                while (length < 0 && Marshal.GetLastPInvokeError() == Errno.EINTR);
                _ = Libc.close(fd);
                return buffer[..(int)Math.Max(0, length)];
            }
        }
    }

    /// <summary>
    /// struct rusage (bits/types/struct_rusage.h), 144 bytes: two times, then fourteen counts, of which the last two count context
    /// switches.
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 144)]
    internal struct ResourceUsage
    {
        [FieldOffset(0)]
        public long UserSeconds;

        [FieldOffset(8)]
        public long UserMicroseconds;

        [FieldOffset(16)]
        public long SystemSeconds;

        [FieldOffset(24)]
        public long SystemMicroseconds;

        [FieldOffset(128)]
        public long VoluntarySwitches;
    }
}
