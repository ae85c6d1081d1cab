namespace SocketKit.Engine.Tasks;

/// <summary>What an async call of a channel gives back: the outcome, or the operation that will have it. Read once, in one of three ways.</summary>
internal readonly struct IoTask
{
    /// <summary>An <see cref="IoTaskSource"/>; for the rare calls that are async methods their task, a Task&lt;IoResult&gt;.</summary>
    private readonly object? _pending;
    private readonly IoResult _outcome;
    private readonly short _version;

    public IoTask(IoResult outcome) => _outcome = outcome;

    public IoTask(IoTaskSource pending, short version)
    {
        _pending = pending;
        _version = version;
    }

    private IoTask(Task<IoResult> pending) => _pending = pending;

    public bool IsPending => _pending is not null;

    /// <summary>Of a call that is not pending.</summary>
    public IoResult Outcome => _outcome;

    /// <summary>For an operation that is an async method.</summary>
    public static IoTask Of(ValueTask<IoResult> task) => task.IsCompletedSuccessfully ? new(task.Result) : new(task.AsTask());

    /// <summary>For the engine itself, to which an outcome is no exception.</summary>
    public ValueTask<IoResult> AsOutcome() => _pending is IoTaskSource source ? new(source, _version)
        : _pending is Task<IoResult> task ? new(task)
        : new(_outcome);

    /// <summary>The bytes moved, or an exception.</summary>
    public ValueTask<int> AsCount(IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_pending is IoTaskSource source)
        {
            source.Call = new IoCall(faults, operation, timeout, cancellationToken);
            return new ValueTask<int>(source, _version);
        }

        return _pending is Task<IoResult> task ? CountOfAsync(task, faults, operation, timeout, cancellationToken)
            : _outcome.IsSuccess ? new ValueTask<int>(_outcome.Count)
            : IsCanceled(cancellationToken) ? ValueTask.FromCanceled<int>(cancellationToken)
            : ValueTask.FromException<int>(faults.FaultOf(operation, _outcome, timeout, cancellationToken));
    }

    /// <summary>The end, or an exception.</summary>
    public ValueTask AsDone(IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_pending is IoTaskSource source)
        {
            source.Call = new IoCall(faults, operation, timeout, cancellationToken);
            return new ValueTask(source, _version);
        }

        return _pending is Task<IoResult> task ? DoneAsync(task, faults, operation, timeout, cancellationToken)
            : _outcome.IsSuccess ? ValueTask.CompletedTask
            : IsCanceled(cancellationToken) ? ValueTask.FromCanceled(cancellationToken)
            : ValueTask.FromException(faults.FaultOf(operation, _outcome, timeout, cancellationToken));
    }

    private static async ValueTask<int> CountOfAsync(
        Task<IoResult> task, IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        IoResult outcome = await task.ConfigureAwait(false);
        return outcome.IsSuccess ? outcome.Count : throw faults.FaultOf(operation, outcome, timeout, cancellationToken);
    }

    private static async ValueTask DoneAsync(
        Task<IoResult> task, IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken) =>
        await CountOfAsync(task, faults, operation, timeout, cancellationToken).ConfigureAwait(false);

    private bool IsCanceled(CancellationToken cancellationToken) =>
        _outcome.Status == ChannelStatus.Canceled && cancellationToken.IsCancellationRequested;
}
