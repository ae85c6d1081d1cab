using SocketKit.Engine;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tls;

/// <summary>
/// One send that found the kernel's buffer full. It waits until the record under way has gone, and sends the rest of its message. It
/// serves one call after the other. Whoever ends a wait only queues the send, because the rest of the message is the caller's memory.
/// </summary>
internal sealed class TlsSend(TlsChannel channel) : IoTaskSource, IThreadPoolWorkItem
{
    private ReadOnlyMemory<byte> _data;
    private int _sent;
    private long _before;
    private bool _isWholeMessage;
    private Deadline _deadline = Deadline.Infinite;
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _registration;
    private ServiceSignal _signal;
    private Timer? _timer;

    /// <summary>Whether a wait is under way. Whoever clears it goes on with the send, or queues it.</summary>
    private int _isWaiting;

    /// <summary>How the wait has ended.</summary>
    private ChannelStatus _waited;

    public IoTask Start(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken)
    {
        (_data, _sent, _before, _isWholeMessage) = (data, sent, before, isWholeMessage);
        (_deadline, _cancellationToken, _signal) = (deadline, cancellationToken, channel.SignalOf(cancellationToken));
        IoTask task = Task;
        channel.BeginPending(this);
        if (_signal == ServiceSignal.None)
        {
            _registration = cancellationToken.UnsafeRegister(static state => ((TlsSend)state!).EndWait(ChannelStatus.Canceled), this);
        }

        if (!deadline.IsInfinite)
        {
            ArmTimer();
        }

        GoOn();
        return task;
    }

    /// <summary>The record has gone, or the channel was closed.</summary>
    public void EndWait() => EndWait(ChannelStatus.Success);

    /// <summary>A token of the service has fired.</summary>
    public void CancelServed(ServiceSignal signal)
    {
        if (_signal == signal)
        {
            EndWait(ChannelStatus.Canceled);
        }
    }

    /// <summary>A wait has ended.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        if (!TryFinish(_waited))
        {
            GoOn();
        }
    }

    protected override void Recycle() => channel.Recycle(this);

    /// <summary>Waits, as often as the message needs another record and the kernel is full.</summary>
    private void GoOn()
    {
        while (true)
        {
            channel.SuspendSending(_before + _sent);

            // A full fence: who comes from now on finds the wait, and this thread finds what came before.
            Interlocked.Exchange(ref _isWaiting, 1);
            ChannelStatus waited = !channel.StartFlush() || channel.IsClosing ? ChannelStatus.Success
                : _cancellationToken.IsCancellationRequested ? ChannelStatus.Canceled
                : _deadline.HasPassed ? ChannelStatus.DeadlinePassed
                : ChannelStatus.WouldBlock;
            if (waited == ChannelStatus.WouldBlock || Interlocked.Exchange(ref _isWaiting, 0) == 0 || TryFinish(waited))
            {
                return;
            }
        }
    }

    private void EndWait(ChannelStatus status)
    {
        if (Interlocked.Exchange(ref _isWaiting, 0) != 0)
        {
            _waited = status;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
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

        return waited == ChannelStatus.Success ? TrySend() : GiveUp(waited);
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

    private void ArmTimer()
    {
        _timer ??= UnflowedTimer.Create(static state => ((TlsSend)state!).OnTime(), this);
        _timer.Change(Math.Max(1, _deadline.NextWaitMilliseconds()), Timeout.Infinite);
    }

    /// <summary>The clock of timers is coarser than the monotonic one, and long deadlines are waited for in chunks.</summary>
    private void OnTime()
    {
        if (_deadline.HasPassed)
        {
            EndWait(ChannelStatus.DeadlinePassed);
        }
        else if (!_deadline.IsInfinite)
        {
            ArmTimer();
        }
    }

    private void Finish(IoResult outcome)
    {
        _registration.Dispose();
        _registration = default;
        if (!_deadline.IsInfinite)
        {
            _deadline = Deadline.Infinite;
            _timer!.Change(Timeout.Infinite, Timeout.Infinite);
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
