using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace SocketKit.Sockets.Pipes;

/// <summary>The wait of a flush: the writer is the reusable source behind its task.</summary>
internal sealed partial class ConnectionWriter : IValueTaskSource<FlushResult>
{
    private ManualResetValueTaskSourceCore<FlushResult> _core;
    private CancellationTokenRegistration _registration;
    private CancellationToken _cancellationToken;

    // Under the gate.
    private bool _isWaiting;
    private bool _isCanceling;

    /// <summary>A task was returned, and its result was not taken yet.</summary>
    private bool _isResultPending;

    public override void CancelPendingFlush()
    {
        lock (_gate)
        {
            if (!_isWaiting)
            {
                _isCanceling = true;
                return;
            }

            LeaveWait();
        }

        // The code behind the flush must not run inside this call.
        _core.RunContinuationsAsynchronously = true;
        _core.SetResult(new FlushResult(isCanceled: true, IsPeerGone));
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The flush is still under way.");
        }

        End(_registration);
        _registration = default;
        _cancellationToken = default;
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

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>Sends what was written, and then the caller's memory.</summary>
    /// <param name="source">The caller's memory.</param>
    /// <param name="mayLeave">Whether small flushes are left for the end of the turn.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private ValueTask<FlushResult> FlushAsync(ReadOnlyMemory<byte> source, bool mayLeave, CancellationToken cancellationToken)
    {
        // The caller's memory may throw; then nothing has begun.
        _ = source.Span;
        bool sends;
        lock (_gate)
        {
            if (_isResultPending)
            {
                throw new InvalidOperationException("A flush is under way: await it first.");
            }

            Queue();
            if (mayLeave && source.IsEmpty && TryLeave(out bool begins))
            {
                if (begins)
                {
                    _connection.Channel.RunLater(this);
                }

                return new(new FlushResult(isCanceled: false, IsPeerGone));
            }

            _rest = source;
            sends = !_isSending;
            if (sends && TrySendAtOnce())
            {
                return new(default(FlushResult));
            }

            _isSending = true;
        }

        return sends && Send() ? Result() : WaitAsync(cancellationToken);
    }

    private ValueTask<FlushResult> WaitAsync(CancellationToken cancellationToken)
    {
        CancellationTokenRegistration registration =
            cancellationToken.UnsafeRegister(static state => ((ConnectionWriter)state!).OnTokenFired(), this);
        bool waits;
        short version;
        lock (_gate)
        {
            version = _core.Version;
            waits = _isSending && !_isCanceling;
            if (waits)
            {
                _registration = registration;
                _cancellationToken = cancellationToken;
                _isWaiting = true;
                _isResultPending = true;
            }
            else
            {
                KeepRest();
            }
        }

        if (!waits)
        {
            // The send has ended meanwhile, or the flush was cancelled before it began to wait.
            End(registration);
            return Result();
        }

        if (cancellationToken.IsCancellationRequested)
        {
            // The token may have fired before the flush waited.
            OnTokenFired();
        }

        return new(this, version);
    }

    /// <summary>
    /// Waits for a callback of the token that runs at this moment, which never takes long. A late one would end another flush.
    /// </summary>
    private static void End(CancellationTokenRegistration registration) => registration.Dispose();

    private void OnTokenFired()
    {
        CancellationToken cancellationToken;
        lock (_gate)
        {
            if (!_isWaiting)
            {
                return;
            }

            cancellationToken = _cancellationToken;
            LeaveWait();
        }

        _core.RunContinuationsAsynchronously = true;
        _core.SetException(new OperationCanceledException(
            "The wait of the flush was cancelled. What was written is sent all the same.", cancellationToken));
    }

    /// <summary>The flush ends before the send. The caller of this method holds the gate.</summary>
    private void LeaveWait()
    {
        _isWaiting = false;
        KeepRest();
    }

    /// <summary>The thread that sends has ended the wait of the flush.</summary>
    private void EndWait()
    {
        Exception? fault = TakeResult(out FlushResult result);
        _core.RunContinuationsAsynchronously = false;
        if (fault is null)
        {
            _core.SetResult(result);
        }
        else
        {
            _core.SetException(fault);
        }
    }

    /// <summary>The result of a flush that does not wait.</summary>
    private ValueTask<FlushResult> Result() =>
        TakeResult(out FlushResult result) is { } fault ? ValueTask.FromException<FlushResult>(fault) : new(result);

    /// <summary>A fault is told once.</summary>
    private Exception? TakeResult(out FlushResult result)
    {
        lock (_gate)
        {
            Exception? fault = _fault;
            _fault = null;
            result = new FlushResult(fault is null && _isCanceling, IsPeerGone);
            _isCanceling &= fault is not null;
            return fault;
        }
    }
}
