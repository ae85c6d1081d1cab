using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace SocketKit.Engine.Tasks;

/// <summary>
/// An operation that has to wait, and is the task of its caller, who wants the outcome, or a count, or only to know that it is done. It may serve
/// the next call once its result has been taken.
/// </summary>
internal abstract class IoTaskSource : IValueTaskSource<IoResult>, IValueTaskSource<int>, IValueTaskSource
{
    private ManualResetValueTaskSourceCore<IoResult> _core;
    private IoCall _call;
    private ChannelStatus _status;
    private Exception? _thrown;

    /// <summary>Set before the task is awaited, by a caller who wants exceptions instead of outcomes.</summary>
    public ref IoCall Call => ref _call;

    /// <summary>The task of the call that is being served.</summary>
    protected IoTask Task => new(this, Version);

    protected short Version => _core.Version;

    int IValueTaskSource<int>.GetResult(short token) => Take(token).Count;

    void IValueTaskSource.GetResult(short token) => Take(token);

    IoResult IValueTaskSource<IoResult>.GetResult(short token) => Take(token);

    public ValueTaskSourceStatus GetStatus(short token) => _call.StatusOf(_core.GetStatus(token), _status);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>Ends the task; its continuation runs now, or on the thread pool.</summary>
    protected void Complete(IoResult outcome, bool asynchronously = false)
    {
        _status = _thrown is null ? outcome.Status : ChannelStatus.Failed;
        _core.RunContinuationsAsynchronously = asynchronously;
        _core.SetResult(outcome);
    }

    /// <summary>
    /// The caller's own memory has thrown. Errors of the system are outcomes; this is the caller's to hear, from its task, whatever the outcome.
    /// </summary>
    protected void NoteThrown(Exception exception) => _thrown = exception;

    /// <summary>The same for an operation that has ended before it was pending.</summary>
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

    protected IoResult Take(short token)
    {
        IoResult outcome = _core.GetResult(token);
        Exception? thrown = _thrown;
        _thrown = null;
        Exception? fault = _call.End(outcome);

        // Forgets the continuation, and with it the caller: an engine, which knows this operation, must not keep a forgotten connection alive.
        _core.Reset();
        Recycle();
        if (thrown is not null)
        {
            ExceptionDispatchInfo.Throw(thrown);
        }

        return fault is null ? outcome : throw fault;
    }
}
