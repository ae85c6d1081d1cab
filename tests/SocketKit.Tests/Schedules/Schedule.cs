using System.Diagnostics;

namespace SocketKit.Tests.Schedules;

/// <summary>
/// One run of a world under one seed. Each actor has a thread, and exactly one has the turn; it picks the next one itself, at every step,
/// so that a choice which leaves the turn where it is costs no change of threads.
/// </summary>
internal sealed class Schedule
{
    public const int LongestSchedule = 10_000;

    private const int ShownSteps = 50;

    /// <summary>Far more than any honest turn takes on a busy machine.</summary>
    private static readonly TimeSpan s_longestTurn = TimeSpan.FromSeconds(60);

    [ThreadStatic]
    private static Part? s_me;

    private readonly ulong _seed;
    private readonly World _world;
    private readonly SeededRandom _random;
    private readonly IChoice _choice;
    private readonly Part[] _parts;
    private readonly List<Part> _ready = [];
    private readonly List<(Part Part, int Step)> _trace = [];
    private readonly Gate _done = new();
    private int _fences;
    private bool _isChecking;
    private bool _isOver;
    private string _reason = string.Empty;
    private Exception? _cause;

    public Schedule(ulong seed, World world, Crew crew)
    {
        _seed = seed;
        _world = world;
        // Neighbouring seeds must not share a sequence: the generator's own mixing sees to it.
        _random = new SeededRandom(seed * 0xD1342543DE82EF95 + 1);
        _choice = seed % 2 == 0 ? new UniformChoice(_random) : new PriorityChoice(_random);
        _parts = [.. world.Actors.Select((actor, i) => new Part(this, actor.Name, actor.Body, crew[i].Gate))];
    }

    public IReadOnlyList<Part> Parts => _parts;

    /// <summary>Who took which of its steps, in order.</summary>
    public string Trace => Shown(_trace.Count);

    /// <summary>
    /// Process-wide fences so far in the calling actor's schedule. An actor may read something before others see its last store, as
    /// processors do, but not from before a fence to after it.
    /// </summary>
    public static int Fences => s_me?.Schedule._fences ?? 0;

    /// <summary>Parks the calling actor until the condition holds. The condition is read between steps, on any actor's thread.</summary>
    public static void Await(Func<bool> condition)
    {
        if (s_me is null)
        {
            throw new InvalidOperationException("Only an actor of a schedule can wait in it.");
        }

        Pause(condition);
    }

    /// <summary>A number below the limit that the seed decides: what the kernel answers, for instance.</summary>
    public static int Choose(int limit) =>
        s_me is { } me ? me.Schedule._random.Below(limit) : throw new InvalidOperationException("Only an actor of a schedule can choose.");

    /// <summary>A step of the calling actor, if it is one: the turn may go elsewhere, and comes back later.</summary>
    public static void Pause(Func<bool>? condition)
    {
        if (s_me is { } me && !me.Schedule._isChecking)
        {
            me.Schedule.Pause(me, condition);
        }
    }

    /// <summary>A step of the calling actor, if it is one, that no actor's reading ahead spans.</summary>
    public static void FenceAll()
    {
        Pause(condition: null);
        if (s_me is { } me)
        {
            me.Schedule._fences++;
        }
    }

    /// <summary>The failure, or null. Runs on the caller's thread but for the actors.</summary>
    public ScheduleFailedException? Run(out bool isStuck)
    {
        isStuck = false;
        if (Pick(_parts.FirstOrDefault()) is { } first)
        {
            first.Gate.Open();
            if (!_done.Pass(s_longestTurn))
            {
                isStuck = true;
                string who = _trace.Count > 0 ? _trace[^1].Part.Name : first.Name;
                return Failure(
                    $"stuck: {who} has had the turn for {s_longestTurn.TotalSeconds:0} s; it may be blocked in a real lock or wait");
            }
        }

        if (!_isOver)
        {
            Check(_world.CheckEnd, "at the end");
        }

        return _isOver ? Failure(_reason) : null;
    }

    /// <summary>The whole life of an actor, on its thread, from its first turn.</summary>
    public void Play(Part me)
    {
        s_me = me;
        try
        {
            if (!_isOver)
            {
                me.Body();
            }
        }
        catch (ScheduleOverException)
        {
            // Thrown below only to get here.
        }
        catch (Exception exception)
        {
            // Whatever an actor throws is the schedule's outcome, and the thread serves the next schedule.
            Fail($"{me.Name} threw {exception.GetType().Name}: {exception.Message}", exception);
        }

        s_me = null;
        me.HasEnded = true;
        (Pick(me)?.Gate ?? _done).Open();
    }

    private void Pause(Part me, Func<bool>? condition)
    {
        ThrowIfOver(me);
        me.Condition = condition;
        Part next = Pick(me)!;
        if (next != me)
        {
            next.Gate.Open();
            me.Gate.Pass();
        }

        ThrowIfOver(me);
        me.Condition = null;
    }

    private void ThrowIfOver(Part me)
    {
        if (_isOver)
        {
            me.Place ??= Place();
            throw new ScheduleOverException();
        }
    }

    /// <summary>Who has the next turn; null once all have ended. After a failure each one gets a last turn in which it ends.</summary>
    private Part? Pick(Part? me)
    {
        if (!_isOver)
        {
            Check(_world.CheckStep, "between steps");
        }

        if (!_isOver)
        {
            FindReady();
        }

        if (!_isOver && _ready.Count == 0)
        {
            return null;
        }

        if (_isOver)
        {
            return me is { HasEnded: false } ? me : Array.Find(_parts, static part => !part.HasEnded);
        }

        Part next = _choice.Next(_ready);
        next.Steps++;
        _trace.Add((next, next.Steps));
        return next;
    }

    private void FindReady()
    {
        _ready.Clear();
        bool haveAllEnded = true;
        _isChecking = true;
        try
        {
            foreach (Part part in _parts)
            {
                haveAllEnded &= part.HasEnded;
                if (!part.HasEnded && (part.Condition is null || part.Condition()))
                {
                    _ready.Add(part);
                }
            }
        }
        catch (Exception exception)
        {
            // A condition that throws is a fault of the test, told like one of an actor.
            Fail($"a condition threw {exception.GetType().Name}: {exception.Message}", exception);
            return;
        }
        finally
        {
            _isChecking = false;
        }

        if (_ready.Count == 0 && !haveAllEnded)
        {
            Fail("deadlock: nobody can go on", cause: null);
        }
        else if (_trace.Count == LongestSchedule && !haveAllEnded)
        {
            Fail($"livelock: not at the end after {LongestSchedule} steps", cause: null);
        }
    }

    private void Check(Action check, string when)
    {
        _isChecking = true;
        try
        {
            check();
        }
        catch (Exception exception)
        {
            // Checks throw what their assertion library throws; any of it is a failure of the world.
            Fail($"broken {when}: {exception.Message}", exception);
        }
        finally
        {
            _isChecking = false;
        }
    }

    /// <summary>The first failure counts: what follows is its consequence.</summary>
    private void Fail(string reason, Exception? cause)
    {
        if (!_isOver)
        {
            _isOver = true;
            _reason = reason;
            _cause = cause;
        }
    }

    private ScheduleFailedException Failure(string reason)
    {
        string actors = string.Join(Environment.NewLine, _parts.Select(static part => $"  {part}"));
        return new ScheduleFailedException(_seed, reason, $"{actors}{Environment.NewLine}  last steps: {Shown(ShownSteps)}", _cause);
    }

    private string Shown(int count) => string.Join(", ", _trace.TakeLast(count).Select(static entry => $"{entry.Part.Name} {entry.Step}"));

    /// <summary>The innermost methods outside this kit.</summary>
    private static string Place() => string.Join(" < ", new StackTrace(fNeedFileInfo: true).GetFrames()
        .Where(static frame => frame.GetMethod()?.DeclaringType is { } type && !IsOurs(type))
        .Take(3)
        .Select(static frame => $"{frame.GetMethod()!.Name} ({Path.GetFileName(frame.GetFileName())}:{frame.GetFileLineNumber()})"));

    private static bool IsOurs(Type type) =>
        type == typeof(Schedule) || type == typeof(ScheduledStep) || type == typeof(CrewMember) || type.Namespace == "System.Threading";
}
