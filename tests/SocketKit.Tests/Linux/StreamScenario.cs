using SocketKit.Engine;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>Who plays, beside a loop and a peer, on one connection: what the user does, and who interferes.</summary>
internal sealed class StreamScenario
{
    private const int Bytes = 6;
    private const int MostInterferences = 3;
    private const int SilentRounds = 2 * MostInterferences;

    private readonly SimulatedLoop _loop = new();
    private readonly SimulatedStream _stream;
    private readonly List<byte> _received = [];
    private readonly List<byte> _arrived = [];
    private readonly SimulatedToken _service = new() { IsService = true };
    private SimulatedToken? _receiveToken;
    private SimulatedToken? _sendToken;
    private int _passedDeadlines;
    private int _rounds;
    private int _sent;
    private int _under;
    private bool _isSentWhole;
    private bool _isStopNoticed;

    public StreamScenario() => _stream = new SimulatedStream(_loop);

    public bool Receives { get; init; } = true;

    public bool Sends { get; init; }

    /// <summary>Each continuation starts the next operation on the loop, instead of waking the thread that waits.</summary>
    public bool OnLoop { get; init; }

    public bool Blocks { get; init; }

    public bool Cancels { get; init; }

    public bool HasDeadlines { get; init; }

    /// <summary>
    /// The service stops, and some operations were given its token. With a silent peer the first one ends by nothing else.
    /// </summary>
    public bool Stops { get; init; }

    /// <summary>The peer says nothing until operations have ended by the token and by the clock in turn: nobody else ends them.</summary>
    public bool IsSilent { get; init; }

    /// <summary>The peer does not finish: no later edge makes up for one that was lost.</summary>
    public bool IsEndless { get; init; }

    public bool Closes { get; init; }

    public bool Inspects { get; init; }

    /// <summary>Threads of the loop, and with more than one a monitor that takes the role over.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>The second operation may begin before the first one's result is taken.</summary>
    public bool TakesLate { get; init; }

    /// <summary>
    /// The second operation may begin as soon as it is not refused, although the first one's continuation has yet to run.
    /// </summary>
    public bool Hurries { get; init; }

    /// <summary>Some of the user code works, so that other threads of the loop follow it.</summary>
    public bool Works { get; init; }

    /// <summary>User code gives the role away.</summary>
    public bool HandsOff { get; init; }

    public World Make()
    {
        _loop.Works = Works;
        var world = new World();
        for (int i = 0; i < Threads; i++)
        {
            world.Actor($"loop {i}", _loop.Live);
        }

        Add(world, "receiver", Receives, () => Play(ReceiveAsync));
        Add(world, "peer", Receives, Feed);
        Add(world, "sender", Sends, () => Play(SendAsync));
        Add(world, "sink", Sends, Drain);
        Add(world, "canceler", Cancels && Receives, () => Cancel(() => _receiveToken));
        Add(world, "send canceler", Cancels && Sends, () => Cancel(() => _sendToken));
        Add(world, "service", Stops, () =>
        {
            _service.Fire();
            _stream.CancelServed();
        });
        Add(world, "closer", Closes, _stream.Close);
        Add(world, "inspector", Inspects, () =>
        {
            while (_stream.Inspect() && _under > 1)
            {
            }
        });
        if (Threads > 1)
        {
            world.Actor("monitor", _loop.Watch);
        }

        world.Actor("end", End);
        world.AtEveryStep(_loop.CheckFaults);
        world.AtEnd(Check);
        return world;
    }

    private void Add(World world, string name, bool plays, Action body)
    {
        if (plays)
        {
            _under++;
            world.Actor(name, () =>
            {
                body();
                _under--;
            });
        }
    }

    private void End()
    {
        Schedule.Await(() => _under == 0);
        if (!_stream.HasBegunClose)
        {
            _stream.Close();
        }

        _loop.Stop();
    }

    private void Check()
    {
        _stream.Socket.Closes.Should().Be(1);
        _received.Should().Equal(Enumerable.Range(0, _received.Count).Select(static i => (byte)i));
        _arrived.Should().Equal(Enumerable.Range(0, _arrived.Count).Select(static i => (byte)i));
        _arrived.Count.Should().BeLessThanOrEqualTo(_sent);
        if (!Closes)
        {
            _received.Count.Should().Be(Receives ? Bytes : 0);
            _sent.Should().Be(Sends ? Bytes : 0);
        }
    }

    /// <summary>The actor waits until the user's code has ended, on whatever thread.</summary>
    private static void Play(Func<Task> code)
    {
        Task task = code();
        Schedule.Await(() => task.IsCompleted);
        task.GetAwaiter().GetResult();
    }

    private async Task ReceiveAsync()
    {
        var held = new Queue<Started>();
        while (true)
        {
            if (Blocks && Schedule.Choose(3) == 0)
            {
                byte[] buffer = new byte[ChooseLength()];
                if (IsEnd(_stream.Receive(buffer), buffer, token: null, isTimed: false))
                {
                    return;
                }

                continue;
            }

            Started started = Start();
            held.Enqueue(started);
            if (!OnLoop)
            {
                Schedule.Await(() => started.Pending.IsCompleted || (Hurries && !_stream.Word.IsUnderWay(Direction.Receive)));
                if (TakesLate && held.Count == 1 && Schedule.Choose(2) == 0)
                {
                    continue;
                }
            }

            bool isEnd = false;
            while (held.TryDequeue(out Started? next))
            {
                Schedule.Await(() => OnLoop || next.Pending.IsCompleted);
                isEnd |= IsEnd(await next.Pending.ConfigureAwait(false), next.Buffer, next.Token, next.IsTimed);
            }

            if (isEnd)
            {
                return;
            }

            if (HandsOff && Schedule.Choose(2) == 0)
            {
                _loop.HandOff();
                ScheduledStep.Take();
            }
        }
    }

    private Started Start()
    {
        byte[] buffer = new byte[ChooseLength()];
        SimulatedToken? token = IsToFollow() ? _service
            : (IsSilent && !Stops && _rounds < SilentRounds ? _rounds % 2 == 0 : Cancels && Schedule.Choose(2) == 0) ? new SimulatedToken()
            : null;
        _receiveToken = token;
        Deadline deadline = ChooseDeadline(out bool isTimed);
        _rounds++;
        return new Started(_stream.ReceiveAsync(buffer, Schedule.Choose(2) == 0, deadline, token).AsOutcome(), buffer, token, isTimed);
    }

    private bool IsToFollow() => Stops && ((IsSilent && !_isStopNoticed) || Schedule.Choose(2) == 0);

    private int ChooseLength() => Math.Min(1 + Schedule.Choose(3), IsEndless ? Bytes - _received.Count : Bytes);

    private bool IsEnd(IoResult outcome, byte[] buffer, SimulatedToken? token, bool isTimed)
    {
        _received.AddRange(buffer.AsSpan(0, outcome.Count));
        CheckStatus(outcome.Status, token, isTimed);
        return (IsEndless && _received.Count == Bytes)
            || outcome.Status is ChannelStatus.Closed or ChannelStatus.EndOfStream
            || (outcome.IsSuccess && outcome.Count == 0);
    }

    private async Task SendAsync()
    {
        while (_sent < Bytes)
        {
            byte[] data = [.. Enumerable.Range(_sent, Math.Min(3, Bytes - _sent)).Select(static i => (byte)i)];
            SimulatedToken? token = IsToFollow() ? _service : Cancels && Schedule.Choose(2) == 0 ? new SimulatedToken() : null;
            _sendToken = token;
            Deadline deadline = ChooseDeadline(out bool isTimed);
            ValueTask<IoResult> pending = _stream.SendAsync(data, deadline, token).AsOutcome();
            if (!OnLoop)
            {
                Schedule.Await(() => pending.IsCompleted);
            }

            IoResult outcome = await pending.ConfigureAwait(false);
            _sent += outcome.Count;
            CheckStatus(outcome.Status, token, isTimed);
            if (outcome.Status == ChannelStatus.Closed)
            {
                break;
            }
        }

        _isSentWhole = true;
    }

    private void CheckStatus(ChannelStatus status, SimulatedToken? token, bool isTimed)
    {
        _isStopNoticed |= status == ChannelStatus.Canceled && token == _service;
        bool isRight = status switch
        {
            ChannelStatus.Success or ChannelStatus.EndOfStream => true,
            ChannelStatus.Canceled => token is { HasFired: true },
            ChannelStatus.DeadlinePassed => isTimed,
            ChannelStatus.Closed => _stream.HasBegunClose,
            _ => false,
        };
        if (!isRight)
        {
            _loop.Fault($"an operation ended as {status} without a reason");
        }
    }

    /// <summary>One that has passed already, one that never will while the schedule runs, or none.</summary>
    private Deadline ChooseDeadline(out bool isTimed)
    {
        int chosen = IsSilent && !Stops && _rounds < SilentRounds ? 2 - (_rounds % 2) : HasDeadlines ? Schedule.Choose(3) : 0;
        isTimed = chosen == 1 && _passedDeadlines++ < MostInterferences;
        return isTimed ? Deadline.After(TimeSpan.Zero) : chosen == 2 ? Deadline.After(TimeSpan.FromHours(1)) : Deadline.Infinite;
    }

    private void Feed()
    {
        Schedule.Await(() => !IsSilent || (Stops ? _isStopNoticed : _rounds > SilentRounds));
        for (int fed = 0; fed < Bytes;)
        {
            ScheduledStep.Take();
            int count = Math.Min(1 + Schedule.Choose(3), Bytes - fed);
            _stream.Socket.Arrive(_stream, [.. Enumerable.Range(fed, count).Select(static i => (byte)i)]);
            fed += count;
        }

        if (!IsEndless)
        {
            ScheduledStep.Take();
            _stream.Socket.Finish(_stream);
        }
    }

    private void Drain()
    {
        while (true)
        {
            Schedule.Await(() => _stream.Socket.HasLeaving || _isSentWhole);
            if (!_stream.Socket.HasLeaving)
            {
                return;
            }

            _arrived.Add(_stream.Socket.Take(_stream));
        }
    }

    private void Cancel(Func<SimulatedToken?> current)
    {
        for (int i = 0; i < MostInterferences; i++)
        {
            Schedule.Await(() => !IsSilent || current() is { HasFired: false });
            SimulatedToken? token = current();
            ScheduledStep.Take();
            token?.Fire();
        }
    }

    private sealed record Started(ValueTask<IoResult> Pending, byte[] Buffer, SimulatedToken? Token, bool IsTimed);
}
