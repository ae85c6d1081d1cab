using System.Net.Sockets;
using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace SocketKit.Engine.Tasks;

/// <summary>
/// A pending operation, which is the source of its caller's task. The caller wants the outcome, a count, whether there is
/// one, or only to know that it has ended. The object may serve the next call once its result has been taken.
/// </summary>
internal abstract class IoTaskSource : IValueTaskSource<IoResult>, IValueTaskSource<int>, IValueTaskSource<bool>, IValueTaskSource
{
    /// <summary>Says only that the operation has ended: how it has ended may have to be noted before that.</summary>
    private ManualResetValueTaskSourceCore<bool> _core;

    // The parts of an IoResult. As a field of its own it would take up eight bytes more in each waiting connection.
    private int _count;
    private ChannelStatus _status;
    private SocketError _error;
    private Exception? _thrown;

    // What the exception of the current call has to name. Without a fault source the caller takes the outcome itself.
    private IFaultSource? _faults;
    private SocketOperation _operation;
    private TimeSpan _timeout;
    private CancellationToken _cancellationToken;

    /// <summary>The task of the current call.</summary>
    protected IoTask Task => new(this, Version);

    protected short Version => _core.Version;

    /// <summary>Called before the task is awaited, for a caller who wants exceptions instead of outcomes.</summary>
    public void Serve(IFaultSource faults, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _faults = faults;
        _operation = operation;
        _timeout = timeout;
        _cancellationToken = cancellationToken;
    }

    int IValueTaskSource<int>.GetResult(short token) => Take(token).Count;

    bool IValueTaskSource<bool>.GetResult(short token) => Take(token).Count > 0;

    void IValueTaskSource.GetResult(short token) => Take(token);

    IoResult IValueTaskSource<IoResult>.GetResult(short token) => Take(token);

    public ValueTaskSourceStatus GetStatus(short token)
    {
        ValueTaskSourceStatus status = _core.GetStatus(token);
        bool isSuccess = _status == ChannelStatus.Success && _thrown is null;
        return status != ValueTaskSourceStatus.Succeeded || isSuccess || _faults is null ? status
            : _status == ChannelStatus.Canceled && _thrown is null ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>
    /// The outcome of an operation that has ended. For a callback of <c>IoTask.OnEnded</c>, which is the only one that waits.
    /// </summary>
    public IoResult Take() => Take(Version);

    /// <summary>Notes the outcome of the task, which ends later.</summary>
    protected void Note(IoResult outcome) => (_count, _status, _error) = (outcome.Count, outcome.Status, outcome.Error);

    /// <summary>Ends the task with the outcome that was noted; its continuation runs now, or on the thread pool.</summary>
    protected void Complete(bool asynchronously = false)
    {
        _core.RunContinuationsAsynchronously = asynchronously;
        _core.SetResult(true);
    }

    /// <summary>Ends the task; its continuation runs now, or on the thread pool.</summary>
    protected void Complete(IoResult outcome, bool asynchronously = false)
    {
        Note(outcome);
        Complete(asynchronously);
    }

    /// <summary>The caller's memory threw an exception. The task throws the same exception, whatever the outcome is.</summary>
    protected void NoteThrown(Exception exception) => _thrown = exception;

    /// <summary>Throws that exception, for an operation that ended before it was pending.</summary>
    protected void ThrowNoted()
    {
        if (_thrown is { } thrown)
        {
            _thrown = null;
            ExceptionDispatchInfo.Throw(thrown);
        }
    }

    /// <summary>The result has been taken: the operation may serve another call.</summary>
    protected virtual void Recycle()
    {
    }

    /// <summary>
    /// Takes the result: returns the outcome, or throws the exception. A second await of the same task throws, and changes nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">The task has not ended, or its result was taken before.</exception>
    protected IoResult Take(short token)
    {
        _core.GetResult(token);
        var outcome = new IoResult(_count, _status, _error);
        Exception? thrown = _thrown;
        Exception? fault = outcome.IsSuccess || thrown is not null
            ? null
            : _faults?.FaultOf(_operation, outcome, _timeout, _cancellationToken);
        _thrown = null;
        _faults = null;
        _cancellationToken = default;

        // Drops the continuation, which references the caller. The engine references this operation, and must not keep an abandoned
        // connection alive.
        _core.Reset();
        Recycle();
        if (thrown is not null)
        {
            ExceptionDispatchInfo.Throw(thrown);
        }

        return fault is null ? outcome : throw fault;
    }
}
