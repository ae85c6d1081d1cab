using SocketKit.Engine;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Tasks;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>The operation under test, with a token that the schedule sees.</summary>
internal abstract class SimulatedOperation(SimulatedStream stream, Direction direction) : EpollOperation<ScheduledStep>(stream, direction)
{
    private SimulatedToken? _token;

    public override Deadline Deadline
    {
        get
        {
            ScheduledStep.Take();
            return base.Deadline;
        }
    }

    protected SimulatedStream Stream => stream;

    public void Register() => _token?.Register(this);

    public void Cancel() => OnCanceled();

    protected IoTask Start(Deadline deadline, SimulatedToken? token, bool isDeferred = false)
    {
        bool follows = token is { IsService: true };
        _token = follows ? null : token;
        return Start(deadline, follows ? stream.ServiceToken : CancellationToken.None, isDeferred);
    }

    /// <summary>Asked where the real registration has just been disposed, and before the direction is given back.</summary>
    protected sealed override bool MayHaveMore()
    {
        _token?.Unregister();
        _token = null;
        ScheduledStep.Take();
        return HasMore();
    }

    protected abstract bool HasMore();
}
