using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit.Sockets.Pipes;

/// <summary>Reading: the reader is the reusable source behind the task of a read that waits.</summary>
internal sealed partial class ConnectionReader : IValueTaskSource<ReadResult>
{
    private static readonly Action<object?> s_onReceived = static state => ((ConnectionReader)state!).OnReceived();

    private ManualResetValueTaskSourceCore<ReadResult> _core;
    private IoTask _receiving;
    private TimeSpan _timeout;
    private CancellationToken _cancellationToken;
    private int _minimum;

    /// <summary>A task was returned, and its result was not taken yet.</summary>
    private bool _isResultPending;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => ReadAsync(0, cancellationToken);

    public override bool TryRead(out ReadResult result)
    {
        ThrowIfBusy();
        if (TryTake(0, out result))
        {
            return true;
        }

        Begin(0, CancellationToken.None);
        IoResult outcome;
        Exception? fault;
        try
        {
            outcome = _connection.Channel.Receive(_bytes.Lend(this, _pool).Span, ReceiveKind.Some, TimeSpan.Zero);
            if (outcome.Status == ChannelStatus.WouldBlock)
            {
                fault = null;
                _bytes.TakeBack();
            }
            else
            {
                TryEnd(outcome, out fault);
            }
        }
        catch (Exception exception)
        {
            // The application's pool threw: nothing was received.
            outcome = default;
            _bytes.TakeBack();
            fault = exception;
        }

        if (outcome.Status == ChannelStatus.WouldBlock)
        {
            return EndWithNothing(out result);
        }

        fault = End(fault, out result);
        return fault is null ? true : throw fault;
    }

    protected override ValueTask<ReadResult> ReadAtLeastAsyncCore(int minimumSize, CancellationToken cancellationToken) =>
        ReadAsync(minimumSize, cancellationToken);

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The read is still under way.");
        }

        _isResultPending = false;
        try
        {
            return _core.GetResult(token);
        }
        finally
        {
            // A second await of the same task throws, and the caller's continuation is no longer referenced.
            _core.Reset();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private ValueTask<ReadResult> ReadAsync(int minimum, CancellationToken cancellationToken)
    {
        ThrowIfBusy();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }

        if (TryTake(minimum, out ReadResult result))
        {
            return new(result);
        }

        Begin(minimum, cancellationToken);
        Exception? fault;
        try
        {
            while (true)
            {
                IoTask receiving = Receive();
                if (!receiving.HasEnded)
                {
                    _isResultPending = true;
                    short version = _core.Version;
                    Await(receiving);
                    return new(this, version);
                }

                if (TryEnd(receiving.Take(), out fault))
                {
                    break;
                }
            }
        }
        catch (Exception exception)
        {
            // The application's pool threw: no byte is lost.
            _bytes.TakeBack();
            fault = exception;
        }

        fault = End(fault, out result);
        return fault is null ? new(result)
            : fault is OperationCanceledException ? ValueTask.FromCanceled<ReadResult>(cancellationToken)
            : ValueTask.FromException<ReadResult>(fault);
    }

    /// <summary>What a read gives without a receive. False: it has to receive.</summary>
    private bool TryTake(int minimum, out ReadResult result)
    {
        bool isCanceled = TakeCancel();
        bool hasNew = _bytes.Length > 0 && !_isExamined && _bytes.Length >= minimum;
        if (isCanceled || hasNew || _isEnded)
        {
            result = new ReadResult(_bytes.Sequence, isCanceled, _isEnded);
            return true;
        }

        result = default;
        return false;
    }

    private void Begin(int minimum, CancellationToken cancellationToken)
    {
        _minimum = minimum;
        _cancellationToken = cancellationToken;
        Interlocked.Or(ref _state, Reading);
    }

    private IoTask Receive()
    {
        _timeout = _connection.ReceiveTimeout;
        return _connection.Channel.ReceiveAsync(this, _timeout, _cancellationToken);
    }

    private void Await(IoTask receiving)
    {
        _receiving = receiving;
        receiving.OnEnded(s_onReceived, this);
        if (IsToEnd)
        {
            // The call that wants it to end may have come before the receive. If the read has ended meanwhile, this may end the receive of
            // the next one, which then begins another.
            _connection.Channel.CancelReceive();
        }
    }

    private void OnReceived()
    {
        Exception? fault;
        bool isCanceled = false;
        try
        {
            IoResult outcome = _receiving.Take();
            while (!TryEnd(outcome, out fault))
            {
                IoTask next = Receive();
                if (!next.HasEnded)
                {
                    Await(next);
                    return;
                }

                outcome = next.Take();
            }

            isCanceled = outcome.Status == ChannelStatus.Canceled;
        }
        catch (Exception exception)
        {
            // The application's pool threw: no byte is lost.
            _bytes.TakeBack();
            fault = exception;
        }

        fault = End(fault, out ReadResult result);

        // The code behind a cancelled read must not run inside the call that has cancelled it, or make it wait.
        _core.RunContinuationsAsynchronously = isCanceled;
        if (fault is null)
        {
            _core.SetResult(result);
        }
        else
        {
            _core.SetException(fault);
        }
    }

    /// <summary>Notes how a receive ended. False: the read needs another one.</summary>
    private bool TryEnd(IoResult outcome, out Exception? fault)
    {
        fault = null;
        if (outcome is { IsSuccess: true, Count: > 0 })
        {
            _bytes.Commit(outcome.Count);
            _isExamined = false;
            return _bytes.Length >= _minimum || IsToEnd;
        }

        _bytes.TakeBack();
        if (outcome.IsSuccess)
        {
            _isEnded = true;
            return true;
        }

        if (outcome.Status == ChannelStatus.Canceled && (IsToEnd || !_cancellationToken.IsCancellationRequested))
        {
            // A cancellation that was meant for the read before this one ends nothing.
            return IsToEnd;
        }

        // A failure is told once, as the kernel does.
        _isEnded = outcome.Status == ChannelStatus.Failed;
        fault = FaultOf(outcome, _timeout, _cancellationToken);
        return true;
    }

    /// <summary>The read has ended.</summary>
    /// <returns>The exception that its caller gets; null for the result.</returns>
    private Exception? End(Exception? fault, out ReadResult result)
    {
        // A read that fails was not cancelled: the next one is.
        int ended = fault is null ? Reading | Canceling : Reading;
        _cancellationToken = default;
        int before = Interlocked.And(ref _state, ~ended);
        if ((before & Completed) != 0)
        {
            _bytes.Clear();
            result = default;
            return IsCompleted();
        }

        result = new ReadResult(_bytes.Sequence, (before & Canceling) != 0, _isEnded);
        return fault;
    }

    /// <summary>An attempt found nothing.</summary>
    private bool EndWithNothing(out ReadResult result)
    {
        result = default;
        if ((Interlocked.And(ref _state, ~Reading) & Completed) != 0)
        {
            _bytes.Clear();
            throw IsCompleted();
        }

        return false;
    }
}
