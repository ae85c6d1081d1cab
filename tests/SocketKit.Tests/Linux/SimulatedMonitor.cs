using SocketKit.Engine.Linux.Loops;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>
/// As <c>LoopMonitor</c>, with one step for a tick, and the schedule to say what the system would: who is held up, and who is late.
/// </summary>
internal sealed class SimulatedMonitor(RecordedLoop[] loops) : MonitorCore<ScheduledStep>(loops, IdleLooks)
{
    /// <summary>Few, so that it parks between any two pieces of user code.</summary>
    private const int IdleLooks = 1;

    private bool _isWaiting;
    private int _wakes;
    private bool _hasStopped;

    public void Stop() => _hasStopped = true;

    public void Live()
    {
        while (!_hasStopped)
        {
            Tick(isOnTime: Schedule.Choose(4) != 0);
        }
    }

    /// <summary>No loop is in user code, past the point where it wakes the monitor, while the monitor waits for just that.</summary>
    public void Check()
    {
        _wakes.Should().BeLessThan(2);
        bool isWatched = !_isWaiting || _wakes > 0 || !IsParked || !Array.Exists(loops, static loop => loop.HasNoticed);
        isWatched.Should().BeTrue("nobody wakes the monitor any more");
    }

    protected override bool IsHeldUp(int index, long entered) => Schedule.Choose(4) != 0;

    protected override void Wait()
    {
        _isWaiting = true;
        Schedule.Await(() => _wakes > 0 || _hasStopped);
        _isWaiting = false;
        _wakes = 0;
    }

    protected override void Wake()
    {
        ScheduledStep.Take();
        _wakes++;
    }
}
