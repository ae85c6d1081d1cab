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

    /// <summary>Whether the run had to wait. False unless the clock asks the system.</summary>
    public bool HasWaited
    {
        get
        {
            // Code that computes, too, waits now and then for a lock or a garbage collection.
            ThreadUse after = ThreadUse.OfCurrentThread();
            long waits = after.VoluntarySwitches - _before.VoluntarySwitches;
            return waits > 0 && after.Processor - _before.Processor < Pace.LongNanoseconds * (waits + 1);
        }
    }

    /// <summary>Whether the run was long only because the thread waited for a processor.</summary>
    public bool WasDelayed
    {
        get
        {
            ThreadUse after = ThreadUse.OfCurrentThread();
            return after.VoluntarySwitches == _before.VoluntarySwitches && after.Processor - _before.Processor < Pace.LongNanoseconds;
        }
    }

    /// <summary>The time since the start.</summary>
    public long Nanoseconds => (long)Stopwatch.GetElapsedTime(_started).TotalNanoseconds;

    /// <summary>Starts a clock.</summary>
    /// <param name="asksSystem">Whether to ask how much of the time the thread will have used: two system calls.</param>
    public static RunClock Start(bool asksSystem) => new(asksSystem ? ThreadUse.OfCurrentThread() : default);
}
