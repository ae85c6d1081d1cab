using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace SocketKit.Engine.Tasks;

/// <summary>
/// The return value of an async call of a channel: the outcome, or the operation that will deliver it. Read once, in one of four ways.
/// </summary>
internal readonly struct IoTask
{
    private readonly IoTaskSource? _source;

    /// <summary>Used instead of the source by the rare calls that are async methods.</summary>
    private readonly Task<IoResult>? _task;
    private readonly IoResult _outcome;
    private readonly short _version;

    public IoTask(IoResult outcome) => _outcome = outcome;

    public IoTask(IoTaskSource source, short version)
    {
        _source = source;
        _version = version;
    }

    private IoTask(Task<IoResult> task) => _task = task;

    public bool IsPending => _source is not null || _task is not null;

    /// <summary>Whether the outcome can be taken.</summary>
    public bool HasEnded => _source is { } source
        ? source.GetStatus(_version) != ValueTaskSourceStatus.Pending
        : _task?.IsCompleted ?? true;

    /// <summary>The outcome of a call that is not pending.</summary>
    public IoResult Outcome => _outcome;

    /// <summary>For an operation that is an async method.</summary>
    public static IoTask Of(ValueTask<IoResult> task) => task.IsCompletedSuccessfully ? new(task.Result) : new(task.AsTask());

    /// <summary>For the engine itself, which handles outcomes instead of exceptions.</summary>
    public ValueTask<IoResult> AsOutcome() => _source is { } source ? new(source, _version)
        : _task is { } task ? new(task)
        : new(_outcome);

    /// <summary>
    /// Calls back once, when the operation has ended, on the thread where its continuation runs. The callback then calls
    /// <see cref="Take()"/>. For a task that has not ended; if it ends meanwhile, the callback runs on the thread pool.
    /// </summary>
    public void OnEnded(Action<object?> callback, object state)
    {
        if (_source is { } source)
        {
            source.OnCompleted(callback, state, _version, ValueTaskSourceOnCompletedFlags.None);
        }
        else
        {
            OnEnded(_task!, callback, state);
        }
    }

    /// <summary>What a callback of <see cref="OnEnded(Action{object?}, object)"/> needs of a task that has not ended.</summary>
    public object Pending => (object?)_source ?? _task!;

    /// <summary>The outcome of an operation that has ended; it throws what the caller's memory threw.</summary>
    public IoResult Take() => AsOutcome().GetAwaiter().GetResult();

    /// <summary>The same as <see cref="Take()"/>, of what <see cref="Pending"/> gave.</summary>
    public static IoResult Take(object pending) =>
        pending is IoTaskSource source ? source.Take() : ((Task<IoResult>)pending).GetAwaiter().GetResult();

    /// <summary>The count of bytes, or an exception.</summary>
    public ValueTask<int> AsCount(IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_source is { } source)
        {
            source.Serve(faults, operation, timeout, cancellationToken);
            return new ValueTask<int>(source, _version);
        }

        return _task is { } task ? CountOfAsync(task, faults, operation, timeout, cancellationToken)
            : _outcome.IsSuccess ? new ValueTask<int>(_outcome.Count)
            : IsCanceled(cancellationToken) ? ValueTask.FromCanceled<int>(cancellationToken)
            : ValueTask.FromException<int>(faults.FaultOf(operation, _outcome, timeout, cancellationToken));
    }

    /// <summary>Whether any bytes came, or an exception.</summary>
    public ValueTask<bool> AsFlag(IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_source is { } source)
        {
            source.Serve(faults, operation, timeout, cancellationToken);
            return new ValueTask<bool>(source, _version);
        }

        return _task is { } task ? FlagOfAsync(task, faults, operation, timeout, cancellationToken)
            : _outcome.IsSuccess ? new ValueTask<bool>(_outcome.Count > 0)
            : IsCanceled(cancellationToken) ? ValueTask.FromCanceled<bool>(cancellationToken)
            : ValueTask.FromException<bool>(faults.FaultOf(operation, _outcome, timeout, cancellationToken));
    }

    /// <summary>Only the end of the operation, or an exception.</summary>
    public ValueTask AsDone(IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (_source is { } source)
        {
            source.Serve(faults, operation, timeout, cancellationToken);
            return new ValueTask(source, _version);
        }

        return _task is { } task ? DoneAsync(task, faults, operation, timeout, cancellationToken)
            : _outcome.IsSuccess ? ValueTask.CompletedTask
            : IsCanceled(cancellationToken) ? ValueTask.FromCanceled(cancellationToken)
            : ValueTask.FromException(faults.FaultOf(operation, _outcome, timeout, cancellationToken));
    }

    /// <summary>Apart from its caller, which must not allocate what this captures.</summary>
    private static void OnEnded(Task<IoResult> task, Action<object?> callback, object state) =>
        task.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(() => callback(state));

    /// <summary>Pooled, because a pooled task notices a second await, as the reusable ones do.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<int> CountOfAsync(
        Task<IoResult> task, IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        IoResult outcome = await task.ConfigureAwait(false);
        return outcome.IsSuccess ? outcome.Count : throw faults.FaultOf(operation, outcome, timeout, cancellationToken);
    }

    /// <summary>Pooled for the same reason.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> FlagOfAsync(
        Task<IoResult> task, IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken) =>
        await CountOfAsync(task, faults, operation, timeout, cancellationToken).ConfigureAwait(false) > 0;

    /// <summary>Pooled for the same reason.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask DoneAsync(
        Task<IoResult> task, IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken) =>
        await CountOfAsync(task, faults, operation, timeout, cancellationToken).ConfigureAwait(false);

    private bool IsCanceled(CancellationToken cancellationToken) =>
        _outcome.Status == ChannelStatus.Canceled && cancellationToken.IsCancellationRequested;
}
