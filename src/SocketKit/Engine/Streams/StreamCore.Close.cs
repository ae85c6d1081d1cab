namespace SocketKit.Engine.Streams;

internal abstract partial class StreamCore
{
    /// <summary>
    /// Unread bytes at close make the kernel send RST (RFC 9293 section 3.6.1); up to this many are read and discarded first.
    /// </summary>
    private const int CloseDrainBytes = 64 * 1024;

    /// <summary>Unread bytes are discarded in parts of this size.</summary>
    private const int CloseDrainPart = 4096;

    /// <summary>
    /// How long Dispose waits for a send that is inside a system call before it assumes that the message was only partly sent. The call
    /// does not wait, so it takes microseconds, and longer only where its thread was preempted; the result is then a reset, which is safe.
    /// </summary>
    private static readonly TimeSpan s_callTime = TimeSpan.FromMilliseconds(1);

    public override void Abort(CloseReason reason)
    {
        if (BeginClose(reason))
        {
            CloseDescriptor(withReset: true);
            EndClose();
        }
    }

    public override void Dispose()
    {
        if (BeginClose(CloseReason.LocalDispose))
        {
            CloseDescriptor(withReset: IsLingerZero() || IsMessageCut());
            EndClose();
        }
    }

    /// <summary>
    /// Whether SO_LINGER is on with zero seconds, which asks for RST. The system is asked: an accepted socket inherits the option, and
    /// anybody who has the socket may set it. A positive time is switched off before close(2): the call would wait for so long, and the
    /// peer sees no difference.
    /// </summary>
    protected abstract bool IsLingerZero();

    /// <summary>Closes with RST, or with FIN, and wakes every thread that waits in a call.</summary>
    protected abstract void CloseDescriptor(bool withReset);

    /// <summary>Everything that is pending ends as closed.</summary>
    protected abstract void EndPending();

    /// <summary>The last one out of a channel that is closing: a call that still ran has ended.</summary>
    protected virtual void OnUnused()
    {
    }

    /// <summary>By the closing thread, on a descriptor that does not block: takes what is unread, as far as it is little.</summary>
    protected void DiscardUnread()
    {
        Span<byte> scratch = stackalloc byte[CloseDrainPart];
        int received = 1;
        for (int left = CloseDrainBytes; left > 0 && received > 0; left -= received)
        {
            received = ReceiveOnce(scratch[..Math.Min(left, scratch.Length)], wait: false, peek: false, out _);
        }
    }

    private bool BeginClose(CloseReason reason)
    {
        // A full fence: a sender takes its turn and then looks; Dispose announces and then looks for senders. One of them sees the other.
        if (Interlocked.Exchange(ref _closing, true))
        {
            return false;
        }

        Signal.Close(reason);
        return true;
    }

    private void EndClose()
    {
        _sendLock.Close();
        EndPending();
    }

    /// <summary>For a channel that is closing: whether the peer may have the front of a message whose rest will not follow.</summary>
    private bool IsMessageCut()
    {
        var limit = Deadline.After(s_callTime);
        var spinner = default(SpinWait);
        while (_sendLock.IsHeld && !_sendResting)
        {
            // A send that the kernel holds has filled its buffer, so a part of it has gone.
            if (limit.HasPassed || (_sendingInKernel && !IsWritableNow()))
            {
                return true;
            }

            spinner.SpinOnce(sleep1Threshold: -1);
        }

        return _messageCut || Volatile.Read(ref _messageSent) > 0 || IsPendingSendInDoubt();
    }
}
