using System.Diagnostics;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>Counts what repeated operations allocate. For tests that run alone in the process.</summary>
internal static class Allocations
{
    /// <summary>Enough for pools to be filled, code to be tiered up and sources to be made.</summary>
    private const int WarmUp = 500;

    private const int Operations = 2000;

    /// <summary>
    /// The test host and the thread pool allocate now and then, so the least of several counts holds; an operation that allocates does so
    /// each time. A hundred large operations warm the pools up only a little, so the first counts may all be too high.
    /// </summary>
    private const int Attempts = 20;

    /// <summary>
    /// The test host allocates 168 bytes ten times a second while it waits for its tests; twice that is no concern of theirs.
    /// </summary>
    private const double HostBytesPerSecond = 3360;

    /// <summary>Bytes that this thread allocates in thousands of calls.</summary>
    public static long Of(Action operation, int operations = Operations)
    {
        Repeat(operation, Math.Min(WarmUp, operations));
        long least = long.MaxValue;
        for (int i = 0; i < Attempts && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            Repeat(operation, operations);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }

    /// <summary>Bytes that a thread allocates in thousands of calls that have to wait. Linux only.</summary>
    /// <param name="operation">Waits until it is released.</param>
    /// <param name="release">Lets one operation end; called on another thread, and only once the first one sleeps in the kernel.</param>
    /// <param name="operations">How often per count.</param>
    public static async Task<long> OfWaitingAsync(Action operation, Action release, int operations = Operations)
    {
        using var started = new ManualResetEventSlim();
        string thread = string.Empty;
        int ended = 0;
        Task<long> counting = Limits.OnThread(() =>
        {
            thread = File.ResolveLinkTarget("/proc/thread-self", returnFinalTarget: false)!.FullName;
            started.Set();
            return Of(
                () =>
                {
                    operation();
                    Volatile.Write(ref ended, ended + 1);
                },
                operations);
        });
        await Limits.OnThread(() =>
        {
            started.Wait(Limits.Hang).Should().BeTrue();
            for (int released = 0; !counting.IsCompleted;)
            {
                // What was released last has to end first: until then the thread may still look asleep.
                if (Volatile.Read(ref ended) == released && ProcessThreads.IsAsleep(thread))
                {
                    release();
                    released++;
                }
                else
                {
                    Thread.Yield();
                }
            }
        }).Within();
        return await counting.Within();
    }

    /// <summary>Whole bytes per call that the process allocates, beside what the test host does meanwhile.</summary>
    /// <param name="loop">Repeats the operation as often as it is told, and gives back <see cref="Since"/> its start.</param>
    /// <param name="operations">How often per count.</param>
    public static Task<long> OfAsync(Func<int, Task<long>> loop, int operations = Operations) => CountAsync(loop, operations).Within();

    /// <summary>The start of a count. The loop's own state machine is on the heap once this has been awaited.</summary>
    public static async Task<long> StartAsync()
    {
        await Task.Yield();
        return GC.GetTotalAllocatedBytes(precise: true);
    }

    public static long Since(long start) => GC.GetTotalAllocatedBytes(precise: true) - start;

    /// <summary>
    /// Nothing is done beside a loop that counts, not even to limit its time: a busy machine may do it after the count has begun.
    /// </summary>
    private static async Task<long> CountAsync(Func<int, Task<long>> loop, int operations)
    {
        await loop(Math.Min(WarmUp, operations)).ConfigureAwait(false);
        long least = long.MaxValue;
        for (int i = 0; i < Attempts && least >= operations; i++)
        {
            long start = Stopwatch.GetTimestamp();
            long allocated = await loop(operations).ConfigureAwait(false);
            least = Math.Min(least, Math.Max(0, allocated - (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * HostBytesPerSecond)));
        }

        return least / operations;
    }

    private static void Repeat(Action operation, int count)
    {
        for (int i = 0; i < count; i++)
        {
            operation();
        }
    }
}
