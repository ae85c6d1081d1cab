namespace SocketKit.Engine.Streams;

internal abstract partial class QueuedStream
{
    /// <summary>
    /// How long Close waits for a send that is inside a system call before it assumes that the message was only partly sent. The call
    /// does not wait, so it takes microseconds, and longer only where its thread was preempted; the result is then a reset, which is safe.
    /// </summary>
    private static readonly TimeSpan s_callTime = TimeSpan.FromMilliseconds(1);

    public override void Abort(CloseReason reason)
    {
        if (BeginClose(reason))
        {
            CloseTransport(withReset: true);
            EndClose();
        }
    }

    public override void Close(CloseReason reason, IByteOwner? owner = null)
    {
        if (BeginClose(reason))
        {
            CloseTransport(withReset: IsToReset() || IsMessagePartlySent() || owner is { HasUnsent: true });
            EndClose();
        }
    }

    /// <summary>Whether the transport was told to end every connection by a reset.</summary>
    protected virtual bool IsToReset() => false;

    /// <summary>The closing thread calls it when the reason is known and the transport is still open.</summary>
    protected virtual void OnClosing()
    {
    }

    /// <summary>Closes the transport, by a reset or by a finish, and wakes every thread that waits in a call.</summary>
    protected abstract void CloseTransport(bool withReset);

    /// <summary>Ends every pending operation as closed.</summary>
    protected abstract void EndPending();

    /// <summary>A call that was under way when the closing began has ended.</summary>
    protected virtual void OnUnused()
    {
    }

    private bool BeginClose(CloseReason reason)
    {
        // A full fence: a sender takes its turn and then reads this field; Close sets the field and then looks for senders. One sees the
        // other.
        if (Interlocked.Exchange(ref _closing, true))
        {
            return false;
        }

        Signal.Close(reason);
        OnClosing();
        return true;
    }

    private void EndClose()
    {
        _sendLock.Close();
        EndPending();
    }

    /// <summary>
    /// Whether the peer may have received the first part of a message whose rest will not follow. The closing thread calls it.
    /// </summary>
    private bool IsMessagePartlySent()
    {
        var limit = Deadline.After(s_callTime);
        var spinner = default(SpinWait);
        while (_sendLock.IsHeld && !_sendSuspended)
        {
            // A send that blocks in the kernel has filled the socket buffer, so a part of its message was sent.
            if (limit.HasPassed || (_sendingInKernel && !IsWritableNow()))
            {
                return true;
            }

            spinner.SpinOnce(sleep1Threshold: -1);
        }

        return _messagePartlySent || Volatile.Read(ref _messageSent) > 0 || IsPendingSendInDoubt();
    }
}
