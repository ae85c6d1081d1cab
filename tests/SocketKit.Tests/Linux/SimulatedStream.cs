using SocketKit.Engine;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Tasks;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Linux;

/// <summary>As <c>EpollStream</c>: the same order of calls on the connection word and its operations, over a simulated socket.</summary>
internal sealed class SimulatedStream : IOperationOwner<ScheduledStep>
{
    private readonly SimulatedLoop _loop;
    private DescriptorState<ScheduledStep> _word = DescriptorState<ScheduledStep>.Fresh;
    private SimulatedReceive? _receive;
    private SimulatedSend? _send;
    private bool _isRegistered;
    private bool _isUnregistered;
    private bool _hasBegunClose;
    private Pace _pace;

    public SimulatedStream(SimulatedLoop loop)
    {
        _loop = loop;
        Socket = new SimulatedSocket(loop);
    }

    public SimulatedSocket Socket { get; }

    public bool MayHaveMore { get; private set; }

    /// <summary>Of the service; an operation that follows it is given it.</summary>
    public CancellationToken ServiceToken { get; } = new CancellationTokenSource().Token;

    public bool HasBegunClose => _hasBegunClose;

    public bool IsRegistered => _isRegistered && !_isUnregistered;

    public ref DescriptorState<ScheduledStep> Word => ref _word;

    public ref Pace Pace => ref _pace;

    public IoTask ReceiveAsync(byte[] buffer, bool isExact, Deadline deadline, SimulatedToken? token)
    {
        if (!TryEnterReceive(out IoResult refusal))
        {
            return new(refusal);
        }

        int done = 0;
        bool isDeferred = MayHaveMore && Schedule.Choose(4) == 0;
        if (MayHaveMore && !isDeferred)
        {
            IoResult outcome = Attempt(buffer, isExact, ref done);
            if (outcome.Status != ChannelStatus.WouldBlock)
            {
                ExitReceive();
                return new(outcome);
            }
        }

        Register();
        SimulatedReceive operation = _receive is { } last && last.TryRent() ? last : new SimulatedReceive(this);
        return operation.Start(buffer, done, isExact, isDeferred, deadline, token);
    }

    /// <summary>The kernel does the waiting.</summary>
    public IoResult Receive(byte[] buffer)
    {
        if (!TryEnterReceive(out IoResult refusal))
        {
            return refusal;
        }

        int done = 0;
        IoResult outcome = Attempt(buffer, isExact: false, ref done, wait: true);
        ExitReceive();
        return outcome;
    }

    public IoTask SendAsync(byte[] data, Deadline deadline, SimulatedToken? token)
    {
        int sent = 0;
        if (!_word.TryEnter())
        {
            return new(IoResult.Ended(ChannelStatus.Closed));
        }

        IoResult outcome = AttemptSend(data, ref sent);
        Leave();
        if (outcome.Status != ChannelStatus.WouldBlock)
        {
            return new(outcome);
        }

        SimulatedSend operation = _send is { } last && last.TryRent() ? last : new SimulatedSend(this);
        return operation.Start(data, sent, deadline, token);
    }

    /// <summary>Any call outside an operation.</summary>
    public bool Inspect()
    {
        if (!_word.TryEnter())
        {
            return false;
        }

        Socket.Use();
        Leave();
        return true;
    }

    public void Close()
    {
        _hasBegunClose = true;
        Claims claimed = _word.BeginClose(out _);
        Unregister();
        Socket.Shutdown();
        End(claimed, ChannelStatus.Closed);
        Leave();
    }

    /// <summary>The service's token has fired.</summary>
    public void CancelServed() => End(_word.Stop(ServiceSignal.Ending), ChannelStatus.Canceled);

    /// <summary>On the loop.</summary>
    public void OnEvents(EdgeReadiness readiness)
    {
        Claims claims = _word.Signal(readiness);
        if ((claims & Claims.Receive) != 0)
        {
            _receive!.OnReady();
        }

        if ((claims & Claims.Send) != 0)
        {
            _send!.OnReady();
        }
    }

    public IoResult Attempt(byte[] buffer, bool isExact, ref int done, bool wait = false)
    {
        while (true)
        {
            int room = buffer.Length - done;
            int received = Socket.Receive(buffer.AsSpan(done), wait);
            MayHaveMore = received == room;
            if (received == SimulatedSocket.WouldBlock)
            {
                return IoResult.Ended(ChannelStatus.WouldBlock, done);
            }

            if (received == 0 && _word.IsClosing)
            {
                return IoResult.Ended(ChannelStatus.Closed, done);
            }

            done += received;
            if (!isExact || done == buffer.Length)
            {
                return new IoResult(done);
            }

            if (received == 0)
            {
                return IoResult.Ended(ChannelStatus.EndOfStream, done);
            }
        }
    }

    public IoResult AttemptSend(byte[] data, ref int sent)
    {
        while (sent < data.Length)
        {
            int count = Socket.Send(data.AsSpan(sent));
            if (count <= 0)
            {
                return IoResult.Ended(count == 0 ? ChannelStatus.Closed : ChannelStatus.WouldBlock, sent);
            }

            sent += count;
        }

        return new IoResult(sent);
    }

    public bool BeginSend(SimulatedSend operation, int sent, out IoResult outcome)
    {
        BeginOutcome begun = _word.Begin(Direction.Send);
        outcome = IoResult.Ended(begun == BeginOutcome.Busy ? ChannelStatus.Busy : ChannelStatus.Closed, sent);
        if (begun is BeginOutcome.Closing or BeginOutcome.Busy)
        {
            return false;
        }

        bool ended = begun == BeginOutcome.BegunReady && operation.TryFirst(out outcome);
        if (!ended)
        {
            Register();
        }
        else if (_word.End(Direction.Send, ready: true))
        {
            CloseUnused();
        }

        return !ended;
    }

    public ServiceSignal SignalOf(CancellationToken cancellationToken) =>
        cancellationToken == ServiceToken ? ServiceSignal.Ending : ServiceSignal.None;

    public void Publish(EpollOperation<ScheduledStep> operation)
    {
        ScheduledStep.Take();
        if (operation is SimulatedReceive receive)
        {
            _receive = receive;
        }
        else
        {
            _send = (SimulatedSend)operation;
        }

        ((SimulatedOperation)operation).Register();
    }

    public EpollOperation<ScheduledStep> Published(Direction direction) => direction == Direction.Receive ? _receive! : _send!;

    public void Watch(EpollOperation<ScheduledStep> operation)
    {
        ScheduledStep.Take();
        if (operation.NeedsLink)
        {
            _loop.PostDeadline(operation);
        }
    }

    public void Queue(EpollOperation<ScheduledStep> operation) => _loop.Queue(operation);

    public void Post(EpollOperation<ScheduledStep> operation) => _loop.PostContinuation(operation);

    public void Defer(EpollOperation<ScheduledStep> operation) => _loop.PostReady(operation);

    public void CloseUnused() => Socket.Close();

    private bool TryEnterReceive(out IoResult refusal)
    {
        BeginOutcome begun = _word.Begin(Direction.Receive);
        refusal = IoResult.Ended(begun == BeginOutcome.Busy ? ChannelStatus.Busy : ChannelStatus.Closed);
        if (begun is BeginOutcome.Begun or BeginOutcome.BegunReady)
        {
            MayHaveMore = begun == BeginOutcome.BegunReady;
            return true;
        }

        return false;
    }

    private void End(Claims claims, ChannelStatus status)
    {
        if ((claims & Claims.Receive) != 0)
        {
            _receive!.OnEnded(status);
        }

        if ((claims & Claims.Send) != 0)
        {
            _send!.OnEnded(status);
        }
    }

    private void ExitReceive()
    {
        if (_word.End(Direction.Receive, MayHaveMore))
        {
            CloseUnused();
        }
    }

    private void Leave()
    {
        if (_word.Exit())
        {
            CloseUnused();
        }
    }

    /// <summary>Without a step in between, as under the lock of production.</summary>
    private void Register()
    {
        ScheduledStep.Take();
        if (!_isRegistered && !_isUnregistered)
        {
            _isRegistered = true;
            Socket.Register(this);
        }
    }

    private void Unregister()
    {
        ScheduledStep.Take();
        _isUnregistered = true;
        if (_isRegistered)
        {
            Socket.Unregister(this);
        }
    }
}
