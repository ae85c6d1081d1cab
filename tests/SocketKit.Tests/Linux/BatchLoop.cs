using System.Runtime.CompilerServices;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>
/// A loop whose events and posts are numbers; each has one continuation, and it notes what is queued and what enters user code.
/// </summary>
/// <param name="userCode">With the number.</param>
/// <param name="connections">The numbers belong to them in turn.</param>
/// <param name="works">Whether the user code is known to work when it first runs.</param>
internal sealed class BatchLoop(Action<int> userCode, int connections, bool works = false) : RecordedLoop
{
    private readonly StrongBox<Pace>[] _connections =
        [.. Enumerable.Range(0, connections).Select(_ => new StrongBox<Pace>(PaceOf(works)))];
    private readonly HashSet<StrongBox<Pace>> _slow = [];
    private readonly List<int> _fired = [];
    private readonly Queue<int> _posts = new();
    private readonly List<int> _queued = [];
    private readonly List<int> _entered = [];
    private int[] _batch = [];

    public void Fire(int number) => _fired.Add(number);

    public void Post(int number) => _posts.Enqueue(number);

    /// <summary>Each number was handled once, and entered user code once.</summary>
    public void CheckEnd(int count)
    {
        _queued.Order().Should().Equal(Enumerable.Range(0, count));
        _entered.Order().Should().Equal(_queued.Order());
    }

    /// <summary>
    /// A connection whose user code has lost a loop that was waiting for it is slow from then on: hardly any test is long enough for it to
    /// be quick again.
    /// </summary>
    public void CheckSlow() => _slow.Should().NotContain(static connection => !connection.Value.Waits);

    /// <summary>
    /// They entered in the order of handling. Not so where a loop changes threads before the user code that it has entered begins.
    /// </summary>
    public void CheckOrder() => _entered.Should().Equal(_queued);

    protected override void OnEvent(int index)
    {
        Own();
        ScheduledStep.Take();
        Handle(_batch[index]);
    }

    protected override void Sweep()
    {
        Own();
        ScheduledStep.Take();
        while (_posts.TryDequeue(out int number))
        {
            Handle(number);
            ScheduledStep.Take();
        }

        Own();
    }

    protected override int Wait()
    {
        Own();
        Schedule.Await(() => _fired.Count > 0 || _posts.Count > 0 || HasStopped);
        _batch = [.. _fired];
        _fired.Clear();
        ScheduledStep.Take();
        Own();
        return _batch.Length;
    }

    private void Handle(int number)
    {
        Own();
        _queued.Add(number);
        StrongBox<Pace> connection = _connections[number % connections];
        Continue(new GuardedItem(Fault, new UserItem(() => Run(number, connection)), connection));
    }

    private void Run(int number, StrongBox<Pace> connection)
    {
        _entered.Add(number);
        userCode(number);
        if (HasLostLoop && !IsShared)
        {
            _slow.Add(connection);
        }
    }
}
