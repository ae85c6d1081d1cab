namespace SocketKit.Engine.Tasks;

/// <summary>What an async call of a channel gives back: the outcome, or the operation that will have it. Read once, in one of three ways.</summary>
internal readonly struct IoTask
{
    private readonly IoTaskSource? _pending;
    private readonly IoResult _outcome;
    private readonly short _version;

    public IoTask(IoResult outcome) => _outcome = outcome;

    public IoTask(IoTaskSource pending, short version)
    {
        _pending = pending;
        _version = version;
    }

    public bool IsPending => _pending is not null;

    /// <summary>Of a call that is not pending.</summary>
    public IoResult Outcome => _outcome;

    /// <summary>For an operation that is an async method.</summary>
    public static IoTask Of(ValueTask<IoResult> task) => task.IsCompletedSuccessfully ? new(task.Result) : AwaitedIo.Follow(task);

    /// <summary>For the engine itself, to which an outcome is no exception.</summary>
    public ValueTask<IoResult> AsOutcome() => _pending is { } pending ? new(pending, _version) : new(_outcome);

    /// <summary>The bytes moved, or an exception.</summary>
    public ValueTask<int> AsCount(IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_pending is { } pending)
        {
            pending.Serve(faults, operation, timeout, cancellationToken);
            return new ValueTask<int>(pending, _version);
        }

        return _outcome.IsSuccess ? new ValueTask<int>(_outcome.Count)
            : IsCanceled(cancellationToken) ? ValueTask.FromCanceled<int>(cancellationToken)
            : ValueTask.FromException<int>(faults.FaultOf(operation, _outcome, timeout, cancellationToken));
    }

    /// <summary>The end, or an exception.</summary>
    public ValueTask AsDone(IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_pending is { } pending)
        {
            pending.Serve(faults, operation, timeout, cancellationToken);
            return new ValueTask(pending, _version);
        }

        return _outcome.IsSuccess ? ValueTask.CompletedTask
            : IsCanceled(cancellationToken) ? ValueTask.FromCanceled(cancellationToken)
            : ValueTask.FromException(faults.FaultOf(operation, _outcome, timeout, cancellationToken));
    }

    private bool IsCanceled(CancellationToken cancellationToken) =>
        _outcome.Status == ChannelStatus.Canceled && cancellationToken.IsCancellationRequested;
}
