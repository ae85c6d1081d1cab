using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tls;

/// <summary>
/// One async receive: receives of the inner channel, until one of them has completed a record. It serves one call after the other.
/// </summary>
internal sealed class TlsReceive(TlsChannel channel) : IoTaskSource
{
    private static readonly Action<object?> s_onEnded = static state => ((TlsReceive)state!).OnEnded();

    private ReceiveTarget _target;
    private ReceiveKind _kind;
    private int _done;
    private Deadline _deadline;
    private CancellationToken _cancellationToken;
    private IoTask _receiving;

    public IoTask Start(ReceiveTarget target, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        (_target, _kind, _done) = (target, kind, 0);

        // Async calls have no non-blocking mode: zero means no deadline.
        _deadline = timeout == TimeSpan.Zero ? Deadline.Infinite : Deadline.After(timeout);
        _cancellationToken = cancellationToken;
        IoTask task = Task;
        if (!TryGoOn(out IoResult outcome))
        {
            return task;
        }

        // It has not begun to wait: this object is free for the next call.
        ThrowIfThrown();
        channel.Recycle(this);
        return new(outcome);
    }

    protected override void Recycle() => channel.Recycle(this);

    /// <summary>False: it waits.</summary>
    private bool TryGoOn(out IoResult outcome)
    {
        while (true)
        {
            if (!TryTake(out outcome))
            {
                IoTask receiving = channel.ReceiveCiphertextAsync(Left(), _cancellationToken);
                if (receiving.IsPending)
                {
                    _receiving = receiving;
                    receiving.OnEnded(s_onEnded, this);
                    return false;
                }

                outcome = channel.TakeCiphertext(receiving.Outcome);
                if (outcome.IsSuccess)
                {
                    continue;
                }

                outcome = new IoResult(_done, outcome.Status, outcome.Error);
            }

            Finish();
            return true;
        }
    }

    /// <summary>Takes decrypted bytes. False: there are none yet.</summary>
    private bool TryTake(out IoResult outcome)
    {
        try
        {
            outcome = channel.AttemptWithoutInner(_target.Span, _kind, ref _done);
        }
        catch (Exception exception)
        {
            // The caller's memory threw. Nothing was taken, and the caller gets the exception.
            NoteThrown(exception);
            outcome = IoResult.Ended(ChannelStatus.Failed);
            return true;
        }

        if (outcome.Status != ChannelStatus.WouldBlock)
        {
            return true;
        }

        _target.GiveBack();
        return false;
    }

    private void OnEnded()
    {
        IoTask receiving = _receiving;
        _receiving = default;
        IoResult outcome;
        try
        {
            outcome = channel.TakeCiphertext(receiving.Take());
        }
        catch (Exception exception)
        {
            // There was no memory for a buffer. Nothing was received; on the engine's thread the exception would end the process.
            NoteThrown(exception);
            outcome = IoResult.Ended(ChannelStatus.Failed);
        }

        if (!outcome.IsSuccess)
        {
            outcome = new IoResult(_done, outcome.Status, outcome.Error);
            Finish();
        }
        else if (!TryGoOn(out outcome))
        {
            return;
        }

        Complete(outcome);
    }

    private void Finish()
    {
        _target = default;
        _cancellationToken = default;
        channel.EndReceive();
    }

    private void ThrowIfThrown()
    {
        try
        {
            ThrowNoted();
        }
        catch
        {
            // The caller's memory threw before the call was pending.
            channel.Recycle(this);
            throw;
        }
    }

    /// <summary>Zero would be no deadline.</summary>
    private TimeSpan Left() => _deadline.HasPassed ? TimeSpan.FromTicks(1) : _deadline.Remaining();
}
