using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>
/// The kernel reports why a connection is over to one call only; to every other call it looks finished, or broken. So an end and a broken
/// pipe count only when no other call has taken the error, or is about to.
/// </summary>
internal abstract partial class SocketStream
{
    /// <summary>
    /// How long a send that found a broken pipe waits for the call that has taken the reason. The other thread has only to return from a
    /// call that does not wait, so this takes microseconds, or a few time slices of the scheduler if the thread was preempted in between.
    /// </summary>
    private static readonly TimeSpan s_errorTime = TimeSpan.FromMilliseconds(20);

    /// <summary>
    /// How long a receive that read the end waits for a send or a wait that may have taken the reason. Those that are pending need a thread
    /// of the pool for their report.
    /// </summary>
    private static readonly TimeSpan s_endTime = TimeSpan.FromSeconds(1);

    /// <summary>Peeks under way that may take a pending error.</summary>
    private int _peeking;

    /// <summary>Whether a wait is pending that may have taken an error from the socket and not noted it yet.</summary>
    protected virtual bool IsWaitPending => false;

    /// <summary>From here to <see cref="EndPeek"/> a pending error may leave the socket before it is noted.</summary>
    protected void BeginPeek() => Interlocked.Increment(ref _peeking);

    protected void EndPeek() => Interlocked.Decrement(ref _peeking);

    /// <summary>
    /// For a stream whose Closed is watched and that has no receive under way: an end or an error fires Closed. False when there is none.
    /// </summary>
    protected bool LookForEnd()
    {
        if (NotedError is var noted && noted != SocketError.Success)
        {
            // Another call has taken the error, so the socket looks finished now. The next receive reports the error itself.
            Fail(noted, 0);
            return true;
        }

        Span<byte> one = stackalloc byte[1];
        BeginPeek();
        int peeked = ReceiveOnce(one, wait: false, peek: true, out SocketError error);
        NoteWaitError(error);
        EndPeek();
        if (error == SocketError.WouldBlock)
        {
            return false;
        }

        if (error != SocketError.Success)
        {
            Fail(error, 0);
        }
        else if (peeked == 0 && !IsClosing)
        {
            SocketError loss = LossBehindEnd();
            Signal.Close(loss == SocketError.Success ? CloseReason.PeerFinished : ErrorTable.ReasonOf(loss));
        }

        return true;
    }

    /// <summary>
    /// The kernel reports a reset or a time-out to one call only; to the next call the stream looks finished. So an end counts only when no
    /// peek, no send and no pending wait has taken an error, or is about to.
    /// </summary>
    protected override SocketError LossBehindEnd()
    {
        var spin = default(SpinWait);
        while (Volatile.Read(ref _peeking) != 0)
        {
            spin.SpinOnce();
        }

        SocketError met = LossMetBySend();
        SocketError noted = LossTakenByWait();
        return noted == SocketError.Success ? met : noted;
    }

    /// <summary>
    /// At an end a pending wait ends, too, and then stores the error that it has taken. TCP tells whether there can be one: after a reset
    /// the connection is over in both directions.
    /// </summary>
    private SocketError LossTakenByWait()
    {
        if (!IsWaitPending || TcpLoss.IsKnownToBeOpen(this))
        {
            return NotedError;
        }

        var spin = default(SpinWait);
        var limit = Deadline.After(s_endTime);
        while (IsWaitPending && NotedError == SocketError.Success && !limit.HasPassed)
        {
            spin.SpinOnce();
        }

        return IsWaitPending && NotedError == SocketError.Success ? LossWithoutReport() : NotedError;
    }

    /// <summary>
    /// Once the connection is over, a send that is inside send(2) fails immediately, so this waits for it. A send that waits for room has
    /// no error to report, and may need this thread to make progress.
    /// </summary>
    private SocketError LossMetBySend()
    {
        var spin = default(SpinWait);
        var limit = Deadline.After(s_endTime);
        while (LossReported == SocketError.Success && IsInSendCall && TcpLoss.IsClosed(this) && !limit.HasPassed)
        {
            spin.SpinOnce();
        }

        return LossReported == SocketError.Success && IsInSendCall ? LossWithoutReport() : LossReported;
    }

    /// <summary>
    /// The call that may have taken the reason gets no thread, so it cannot report. But only a reset ends both directions unless this side
    /// has half-closed, and a cut stream must not look complete.
    /// </summary>
    private SocketError LossWithoutReport() =>
        !HasShutSend && TcpLoss.IsClosed(this) ? SocketError.ConnectionReset : SocketError.Success;

    /// <summary>
    /// The kernel tells one call why a connection is over, and every later one "broken pipe". So a send asks the watch or the receive that
    /// may have taken the reason.
    /// </summary>
    protected override SocketError LossOf(SocketError error)
    {
        if (error != SocketError.Shutdown || HasShutSend)
        {
            return error;
        }

        // TCP alone: a Unix peer just closes, and no other call has to report that first.
        bool mayBeReported = TcpLoss.IsClosed(this);
        var limit = Deadline.After(s_errorTime);
        var spin = default(SpinWait);
        while (mayBeReported && TakenLoss() == SocketError.Success
            && ((Signal.IsWatched && !Signal.HasFired) || IsReceiving) && !limit.HasPassed)
        {
            spin.SpinOnce();
        }

        return TakenLoss() == SocketError.TimedOut ? SocketError.TimedOut : error;
    }

    private SocketError TakenLoss() => LossReported == SocketError.Success ? NotedError : LossReported;
}
