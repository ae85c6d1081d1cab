using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>
/// A cancellation token whose waits the schedule sees: as with the real one, unregistering waits for a callback that runs on another
/// thread.
/// </summary>
internal sealed class SimulatedToken
{
    private SimulatedOperation? _registered;
    private int _runner;

    /// <summary>Nobody registers with it: the service tells the stream when it has fired.</summary>
    public bool IsService { get; init; }

    public bool HasFired { get; private set; }

    public void Register(SimulatedOperation operation)
    {
        ScheduledStep.Take();
        if (HasFired)
        {
            operation.Cancel();
        }
        else
        {
            _registered = operation;
        }
    }

    public void Unregister()
    {
        ScheduledStep.Take();
        _registered = null;
        if (_runner != 0 && _runner != Environment.CurrentManagedThreadId)
        {
            Schedule.Await(() => _runner == 0);
        }
    }

    public void Fire()
    {
        ScheduledStep.Take();
        HasFired = true;
        if (_registered is { } operation)
        {
            _registered = null;
            _runner = Environment.CurrentManagedThreadId;
            operation.Cancel();
            _runner = 0;
        }
    }
}
