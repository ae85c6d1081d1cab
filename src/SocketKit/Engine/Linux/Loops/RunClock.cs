using System.Diagnostics;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>Times one run of user code on the calling thread.</summary>
[SupportedOSPlatform("linux")]
internal readonly struct RunClock
{
    private readonly long _started;
    private readonly ThreadUse _before;

    private RunClock(ThreadUse before)
    {
        _before = before;
        _started = Stopwatch.GetTimestamp();
    }

    /// <summary>The time since the start.</summary>
    public long Nanoseconds => (long)Stopwatch.GetElapsedTime(_started).TotalNanoseconds;

    /// <summary>Starts a clock.</summary>
    /// <param name="asksSystem">Whether <see cref="KindOf"/> will be asked: a system call.</param>
    public static RunClock Start(bool asksSystem) => new(asksSystem ? ThreadUse.OfCurrentThread() : default);

    /// <summary>What a run did that took this long and has just ended. Only for a clock that asks the system.</summary>
    public RunKind KindOf(long nanoseconds)
    {
        if (nanoseconds < Pace.LongNanoseconds)
        {
            return RunKind.Quick;
        }

        ThreadUse after = ThreadUse.OfCurrentThread();
        long worked = after.Processor - _before.Processor;
        long waits = after.VoluntarySwitches - _before.VoluntarySwitches;

        // On a busy machine the thread may just have waited for a processor. Code that computes, too, waits now and then for a lock or a
        // garbage collection.
        return waits == 0 && worked < Pace.LongNanoseconds ? RunKind.Quick
            : worked >= Pace.LongNanoseconds * (waits + 1) ? RunKind.Work
            : RunKind.Wait;
    }
}
