using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tls;

/// <summary>
/// One send that found the kernel's buffer full. It waits until the record under way has gone, and sends the rest of its message. It
/// serves one call after the other, and is the only one in its own list of waiters.
/// </summary>
[SuppressMessage(
    "Reliability", "CA1001",
    Justification = "The limit is disposed by Finish whenever it cannot be reused; an idle one holds no timer.")]
internal sealed class TlsSend(TlsChannel channel) : IoTaskSource, IReadinessOwner
{
    private static readonly Action<object?> s_onEnded = static state => ((TlsSend)state!).OnEnded();

    private ReadinessWaiters _waiters;
    private ReadOnlyMemory<byte> _data;
    private int _sent;
    private long _before;
    private bool _isWholeMessage;
    private Deadline _deadline;
    private CancellationToken _cancellationToken;
    private CancellationTokenSource? _limit;
    private CancellationTokenRegistration _registration;
    private object? _waiting;

    bool IReadinessOwner.IsClosing => channel.IsClosing;

    ref ReadinessWaiters IReadinessOwner.Waiters => ref _waiters;

    public IoTask Start(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken)
    {
        (_data, _sent, _before, _isWholeMessage) = (data, sent, before, isWholeMessage);
        (_deadline, _cancellationToken) = (deadline, cancellationToken);
        IoTask task = Task;
        if (!deadline.IsInfinite)
        {
            ArmLimit();
            _registration = cancellationToken.UnsafeRegister(static state => ((TlsSend)state!).Interrupt(), this);
        }

        channel.BeginPending(this);
        GoOn();
        return task;
    }

    /// <summary>The record has gone, or the channel was closed.</summary>
    public void EndWait() => _waiters.EndAll(this);

    /// <summary>A token of the service has fired.</summary>
    public void CancelServed(ServiceSignal signal) => _waiters.CancelServed(this, signal);

    ServiceSignal IReadinessOwner.SignalOf(CancellationToken cancellationToken) => channel.SignalOf(cancellationToken);

    bool IReadinessOwner.StartReadableWait() => false;

    bool IReadinessOwner.StartWritableWait() => channel.IsFlushing;

    protected override void Recycle() => channel.Recycle(this);

    /// <summary>Waits, as often as the message needs another record and the kernel is full.</summary>
    private void GoOn()
    {
        do
        {
            channel.SuspendSending(_before + _sent);
            IoTask waiting = channel.StartFlush()
                ? _waiters.WaitAsync(this, SelectMode.SelectWrite, _limit?.Token ?? _cancellationToken)
                : default;
            if (waiting.IsPending)
            {
                _waiting = waiting.Pending;
                waiting.OnEnded(s_onEnded, this);
                return;
            }

            if (TryFinish(waiting.Outcome.Status))
            {
                return;
            }
        }
        while (true);
    }

    private void OnEnded()
    {
        object waiting = _waiting!;
        _waiting = null;
        if (!TryFinish(IoTask.Take(waiting).Status))
        {
            GoOn();
        }
    }

    /// <summary>A wait has ended. False: another one has to follow.</summary>
    private bool TryFinish(ChannelStatus waited)
    {
        if (!channel.ResumeSending())
        {
            Finish(IoResult.Ended(ChannelStatus.Closed, _sent));
            return true;
        }

        switch (waited)
        {
            case ChannelStatus.Success:
                return TrySend();
            case ChannelStatus.Canceled when !_cancellationToken.IsCancellationRequested && !_deadline.IsInfinite:
                return _deadline.HasPassed ? GiveUp(ChannelStatus.DeadlinePassed) : TryArmAgain();
            default:
                return GiveUp(waited);
        }
    }

    private bool TrySend()
    {
        IoResult outcome;
        try
        {
            outcome = channel.AttemptSend(_data.Span, ref _sent);
        }
        catch (Exception exception)
        {
            // The caller has let go of its memory. The exception goes to the caller; on a pool thread it would end the process.
            NoteThrown(exception);
            _sent += channel.TakeCommitted();
            Finish(IoResult.Ended(ChannelStatus.Abandoned, _sent));
            return true;
        }

        if (outcome.Status == ChannelStatus.WouldBlock)
        {
            return false;
        }

        Finish(outcome);
        return true;
    }

    /// <summary>The deadline has passed, or the token has fired: what is in a record goes all the same.</summary>
    private bool GiveUp(ChannelStatus status)
    {
        _sent += channel.TakeCommitted();
        Finish(_sent >= _data.Length ? new IoResult(_sent) : IoResult.Ended(status, _sent));
        return true;
    }

    /// <summary>The clock of timers is coarser than the monotonic one, and long deadlines are waited for in chunks.</summary>
    private bool TryArmAgain()
    {
        ArmLimit();

        // A token that has fired since the look at it has interrupted the old limit.
        return _cancellationToken.IsCancellationRequested && GiveUp(ChannelStatus.Canceled);
    }

    private void ArmLimit()
    {
        if (_limit is null || !_limit.TryReset())
        {
            _limit?.Dispose();
            _limit = new CancellationTokenSource();
        }

        _limit.CancelAfter(Math.Max(1, _deadline.NextWaitMilliseconds()));
    }

    private void Interrupt()
    {
        try
        {
            _limit?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The send has just replaced or ended its limit, and looks at the token afterwards.
        }
    }

    private void Finish(IoResult outcome)
    {
        _registration.Dispose();
        _registration = default;
        if (_limit is { } limit && !limit.TryReset())
        {
            limit.Dispose();
            _limit = null;
        }

        _data = default;
        _cancellationToken = default;
        channel.EndPendingSend();
        if (_isWholeMessage)
        {
            // A message in two parts counts both.
            outcome = new IoResult((int)_before + outcome.Count, outcome.Status, outcome.Error);
            channel.EndMessage(outcome, outcome.IsSuccess);
        }
        else if (outcome.Status == ChannelStatus.Abandoned)
        {
            channel.SuspendSending(_before + outcome.Count);
        }

        Complete(outcome);
    }
}
