using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>
/// What is the same on every engine: one receive at a time, sends that queue whole, what an error says about the connection, and how it
/// closes. An engine adds the system calls and the waiting. Each of its calls returns −1 and OperationAborted once the descriptor is gone.
/// </summary>
internal abstract partial class StreamCore : StreamChannel
{
    /// <summary>Unread bytes at close make the kernel send RST (RFC 9293 section 3.6.1); up to this many are read and discarded first.</summary>
    protected const int CloseDrainBytes = 64 * 1024;

    /// <summary>Unread bytes are discarded in parts of this size.</summary>
    protected const int CloseDrainPart = 4096;

    private CloseSignal _signal;
    private volatile bool _closing;
    private int _closed;
    private volatile bool _sendShut;
    private volatile bool _sendAbandoned;
    private volatile SocketError _lossReported;

    public override bool IsClosed => _closing;

    public bool IsClosing => _closing;

    public override bool IsSendAbandoned => _sendAbandoned;

    public override CloseReason CloseReason => Signal.Reason;

    protected ref CloseSignal Signal => ref _signal;

    /// <summary>Whether a call without a deadline may leave the waiting to the kernel.</summary>
    protected abstract bool CanWaitInKernel { get; }

    public override IoResult ShutdownSend()
    {
        if (_closing)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        // Before the call: a send that it wakes must not take it for the peer's doing.
        _sendShut = true;
        SocketError error = ShutdownSendOnce();
        if (error == SocketError.Success)
        {
            return default;
        }

        if (error == SocketError.OperationAborted)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        // After a reset there is nothing left to finish; the reset itself was or will be reported by a receive.
        return Signal.Reason is CloseReason.PeerReset or CloseReason.TimedOut ? default : Fail(error, 0);
    }

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
            CloseDescriptor(withReset: Linger == TimeSpan.Zero || IsMessageCut());
            EndClose();
        }
    }

    /// <summary>From the first call that must not block in the kernel, the descriptor never does again.</summary>
    protected abstract void StopWaitingInKernel();

    /// <summary>Closes with RST, or with FIN, and wakes every thread that waits in a call.</summary>
    protected abstract void CloseDescriptor(bool withReset);

    /// <summary>Everything that is pending ends as closed.</summary>
    protected abstract void EndPending();

    /// <summary>shutdown(2), SHUT_WR.</summary>
    protected abstract SocketError ShutdownSendOnce();

    /// <summary>The last one out of a channel that is closing: a call that still ran has ended.</summary>
    protected virtual void OnUnused()
    {
    }

    /// <summary>Notes what a failed operation says about the connection, and turns errors of our own closing into Closed.</summary>
    protected IoResult Fail(SocketError error, int count)
    {
        if (_closing || error == SocketError.OperationAborted)
        {
            return IoResult.Ended(ChannelStatus.Closed, count);
        }

        if (error is SocketError.ConnectionReset or SocketError.TimedOut)
        {
            _lossReported = error;
        }

        if (error == SocketError.Shutdown && _sendShut)
        {
            // After our own half-close a send fails although the peer is well, and this side goes on receiving.
            return IoResult.Ended(ChannelStatus.SendShut, count);
        }

        Signal.Close(ErrorTable.ReasonOf(error));
        return IoResult.Failed(error, count);
    }

    private bool BeginClose(CloseReason reason)
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return false;
        }

        _closing = true;

        // A sender takes its turn and then looks; Dispose announces and then looks for senders. One of them sees the other.
        Interlocked.MemoryBarrier();
        Signal.Close(reason);
        return true;
    }

    private void EndClose()
    {
        _sendLock.Close();
        EndPending();
    }
}
