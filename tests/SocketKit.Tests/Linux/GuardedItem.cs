using System.Runtime.CompilerServices;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>A continuation that runs once. What it throws is the schedule's outcome, not the end of the process.</summary>
internal sealed class GuardedItem(Action<string> fault, IThreadPoolWorkItem item, StrongBox<Pace> pace) : ILoopWork
{
    private bool _hasRun;

    public ref Pace Pace => ref pace.Value;

    public void Execute()
    {
        if (_hasRun)
        {
            fault("a continuation ran twice");
        }

        _hasRun = true;
        try
        {
            item.Execute();
        }
        catch (ScheduleOverException)
        {
            // The schedule has failed; the next step of this thread says so again.
        }
        catch (Exception exception)
        {
            // Nobody above would hear it; the schedule reports it as its failure.
            fault($"a continuation threw {exception}");
        }
    }
}
