using System.Runtime.CompilerServices;
using SocketKit.Engine;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>
/// As <c>EpollLoop</c>, over a simulated epoll: an edge puts a stream on the kernel's list, a wait takes the list with what is ready then.
/// </summary>
internal sealed class SimulatedLoop : RecordedLoop
{
    private readonly List<SimulatedStream> _raised = [];
    private readonly List<(SimulatedStream Stream, EdgeReadiness Readiness)> _events = [];
    private readonly LoopInbox<ScheduledStep> _posts = new();
    private readonly List<(DeadlineNode Node, Deadline Deadline)> _clock = [];
    private bool _isWoken;

    /// <summary>Some user code works, so that any thread may take the role meanwhile.</summary>
    public bool Works { get; set; }

    /// <summary>The kernel: an edge.</summary>
    public void Raise(SimulatedStream stream)
    {
        if (!_raised.Contains(stream))
        {
            _raised.Add(stream);
        }
    }

    public void Forget(SimulatedStream stream) => _raised.Remove(stream);

    /// <summary>By the loop.</summary>
    public void Queue(IThreadPoolWorkItem continuation)
    {
        Own();
        Continue(Guard(continuation));
    }

    public void PostContinuation(IThreadPoolWorkItem continuation) => WakeIf(_posts.AddContinuation(Guard(continuation)));

    public void PostDeadline(DeadlineNode node) => WakeIf(_posts.AddDeadline(node));

    public void PostReady(IDeferredAttempt attempt) => WakeIf(_posts.AddReady(attempt));

    protected override void OnEvent(int index)
    {
        Own();
        ScheduledStep.Take();
        (SimulatedStream stream, EdgeReadiness readiness) = _events[index];
        if (stream.IsRegistered)
        {
            ScheduledStep.Take();
            stream.OnEvents(readiness);
        }

        Own();
    }

    protected override void Sweep()
    {
        Own();
        ScheduledStep.Take();
        for (int left = _posts.Count; left > 0 && _posts.TryTake(out LoopInbox<ScheduledStep>.Post post); left--)
        {
            (ILoopWork? continuation, DeadlineNode? node, IDeferredAttempt? ready) = post;
            if (continuation is not null)
            {
                Continue(continuation);
            }
            else if (ready is not null)
            {
                ready.OnReady();
            }
            else
            {
                Link(node!);
            }

            ScheduledStep.Take();
        }

        Advance();
        Own();
    }

    protected override int Wait()
    {
        Own();
        if (_posts.BeginSleep())
        {
            Schedule.Await(() => _raised.Count > 0 || _isWoken || HasStopped || _clock.Exists(static entry => entry.Deadline.HasPassed));
        }

        _isWoken = false;
        _events.Clear();
        foreach (SimulatedStream stream in _raised)
        {
            if (stream.Socket.Readiness is not EdgeReadiness.None and var readiness)
            {
                _events.Add((stream, readiness));
            }
        }

        _raised.Clear();
        _posts.EndSleep();
        Own();
        return _events.Count;
    }

    private GuardedItem Guard(IThreadPoolWorkItem continuation) => new(
        Fault, continuation, new StrongBox<Pace>(PaceOf(Works && Schedule.Choose(2) == 0)));

    private void WakeIf(bool sleeps)
    {
        if (sleeps)
        {
            ScheduledStep.Take();
            _isWoken = true;
        }
    }

    /// <summary>As <c>DeadlineWheel</c>: one slot, and any node in it may be looked at too early.</summary>
    private void Link(DeadlineNode node)
    {
        if (node.IsLinked)
        {
            if (!node.NeedsLink)
            {
                return;
            }

            _clock.RemoveAll(entry => entry.Node == node);
            node.MarkUnlinked();
        }

        Insert(node);
    }

    private void Insert(DeadlineNode node)
    {
        Deadline deadline = node.Deadline;
        if (!deadline.IsInfinite)
        {
            ScheduledStep.Take();
            node.MarkLinked(deadline);
            _clock.Add((node, deadline));
        }
    }

    private void Advance()
    {
        List<(DeadlineNode Node, Deadline Deadline)> due = _clock.FindAll(static entry =>
            entry.Deadline.HasPassed || Schedule.Choose(4) == 0);
        foreach ((DeadlineNode node, Deadline deadline) in due)
        {
            _clock.Remove((node, deadline));
            node.MarkUnlinked();
            ScheduledStep.Take();
            node.OnDeadline();
            if (!node.Deadline.IsInfinite && !node.IsLinked)
            {
                Insert(node);
            }
        }
    }
}
