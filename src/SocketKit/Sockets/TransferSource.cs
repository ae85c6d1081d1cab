using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Sockets;

/// <summary>The reusable task that a pending receive or send returns: the channel's outcome, made a result or an exception.</summary>
internal sealed class TransferSource : IValueTaskSource<int>, IValueTaskSource
{
    private readonly SocketBase _socket;
    private readonly Action<TransferSource, SocketOperation> _recycle;
    private readonly Action _complete;
    private ManualResetValueTaskSourceCore<Transfer> _core;
    private ConfiguredValueTaskAwaitable<Transfer>.ConfiguredValueTaskAwaiter _pending;
    private ChannelStatus _status;
    private SocketOperation _operation;
    private TimeSpan _timeout;
    private CancellationToken _cancellationToken;

    public TransferSource(SocketBase socket, Action<TransferSource, SocketOperation> recycle)
    {
        _socket = socket;
        _recycle = recycle;
        _complete = Complete;
    }

    /// <summary>Starts to follow the channel's operation; the token of the new task is returned.</summary>
    public short Follow(ValueTask<Transfer> pending, SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _core.Reset();
        _operation = operation;
        _timeout = timeout;
        _cancellationToken = cancellationToken;
        short token = _core.Version;
        _pending = pending.ConfigureAwait(false).GetAwaiter();
        _pending.UnsafeOnCompleted(_complete);
        return token;
    }

    int IValueTaskSource<int>.GetResult(short token) => Take(token).Count;

    void IValueTaskSource.GetResult(short token) => Take(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => StatusOf(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => StatusOf(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    private void Complete()
    {
        Transfer outcome = _pending.GetResult();
        _pending = default;
        _status = outcome.Status;
        _core.SetResult(outcome);
    }

    private ValueTaskSourceStatus StatusOf(short token)
    {
        ValueTaskSourceStatus status = _core.GetStatus(token);
        return status != ValueTaskSourceStatus.Succeeded || _status == ChannelStatus.Success ? status
            : _status == ChannelStatus.Canceled ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    private Transfer Take(short token)
    {
        Transfer outcome = _core.GetResult(token);
        (SocketOperation operation, TimeSpan timeout, CancellationToken cancellationToken) = (_operation, _timeout, _cancellationToken);
        _cancellationToken = default;
        _recycle(this, operation);
        return outcome.IsSuccess ? outcome : throw Faults.Of(operation, outcome, _socket, timeout, operation == SocketOperation.Peek ? 0 : outcome.Count, cancellationToken);
    }
}
