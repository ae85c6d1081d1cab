using System.Net.Sockets;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Streams;

internal abstract partial class StreamCore
{
    /// <summary>
    /// How long a receive that read the end waits for a concurrent send to report its error, and a send for a receive. The other thread has
    /// only to return from a call that does not wait, so this takes microseconds. A thread that was preempted in between takes a few time
    /// slices of the scheduler, and without its report a reset would be told as a clean end.
    /// </summary>
    private static readonly TimeSpan s_errorTime = TimeSpan.FromMilliseconds(20);

    /// <summary>How long a receive that read the end waits for a pending wait to end, which needs a thread of the pool.</summary>
    private static readonly TimeSpan s_waitTime = TimeSpan.FromSeconds(1);

    private DataPredictor _guess;
    private int _notedError;

    /// <summary>Peeks under way that may take a pending error.</summary>
    private int _peeking;

    /// <summary>Whether a receive before any wait will probably find something.</summary>
    protected bool ExpectsData => _guess.ExpectsData;

    /// <summary>Whether a wait is pending that may have taken an error from the socket and not noted it yet.</summary>
    protected virtual bool IsWaitPending => false;

    private SocketError NotedError => (SocketError)Volatile.Read(ref _notedError);

    /// <summary>Data was there when a wait for it was to begin, so more may be.</summary>
    public void NoteQueued() => _guess.Hint();

    public override IoResult Receive(Span<byte> buffer, ReceiveKind kind, TimeSpan timeout)
    {
        if (!TryEnterReceive(out IoResult refusal))
        {
            return refusal;
        }

        try
        {
            int done = 0;
            if (buffer.IsEmpty && kind == ReceiveKind.Exactly)
            {
                return default;
            }

            if (CanWaitInKernel && timeout == Timeout.InfiniteTimeSpan)
            {
                // One system call: the kernel does the waiting.
                IoResult outcome = Attempt(buffer, kind, ref done, wait: true);
                if (outcome.Status != ChannelStatus.WouldBlock)
                {
                    return outcome;
                }
            }

            StopWaitingInKernel();
            return ReceiveWaiting(buffer, kind, timeout, ref done);
        }
        finally
        {
            ExitReceive();
        }
    }

    public override IoTask ReceiveAsync(Memory<byte> buffer, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        // Memory of the caller's own may throw; then nothing has begun.
        _ = buffer.Span;
        if (!TryEnterReceive(out IoResult refusal))
        {
            return new(refusal);
        }

        if (buffer.IsEmpty && kind == ReceiveKind.Exactly)
        {
            ExitReceive();
            return default;
        }

        return ReceiveEnteredAsync(buffer, kind, timeout, cancellationToken);
    }

    /// <summary>A pending error that a wait or a peek has taken from the socket belongs to the next receive.</summary>
    public void NoteWaitError(SocketError error)
    {
        if (error is not (SocketError.Success or SocketError.WouldBlock or SocketError.OperationAborted))
        {
            Volatile.Write(ref _notedError, (int)error);
        }
    }

    /// <summary>One or, for an exact receive, several recv(2) calls, until done, refused, or nothing is there.</summary>
    internal IoResult Attempt(Span<byte> buffer, ReceiveKind kind, ref int done, bool wait = false)
    {
        if (buffer.IsEmpty)
        {
            Span<byte> one = stackalloc byte[1];
            IoResult peeked = ReceiveOnce(one, wait, peek: true);
            return peeked.IsSuccess ? default : peeked;
        }

        while (true)
        {
            IoResult outcome = ReceiveOnce(buffer[done..], wait, kind == ReceiveKind.Peek);
            if (!outcome.IsSuccess)
            {
                return new IoResult(done, outcome.Status, outcome.Error);
            }

            done += outcome.Count;
            if (kind != ReceiveKind.Exactly || done == buffer.Length)
            {
                return new IoResult(done);
            }

            if (outcome.Count == 0)
            {
                return IoResult.Ended(ChannelStatus.EndOfStream, done);
            }
        }
    }

    /// <summary>Makes this call the one receive; or says why it cannot be.</summary>
    protected abstract bool TryEnterReceive(out IoResult refusal);

    protected abstract void ExitReceive();

    /// <summary>The one receive, which this call now is: tries, or waits without blocking a thread, and exits when it ends.</summary>
    protected abstract IoTask ReceiveEnteredAsync(
        Memory<byte> buffer, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>One recv(2); <paramref name="wait"/> lets the kernel wait where it can.</summary>
    protected abstract int ReceiveOnce(Span<byte> buffer, bool wait, bool peek, out SocketError error);

    /// <summary>Waits on this thread until a receive may succeed. False when the deadline has passed.</summary>
    protected abstract bool AwaitReadable(Deadline deadline);

    /// <summary>The end of the stream shall be noticed although nobody receives; data that was queued has just been taken.</summary>
    protected abstract void WatchAgain();

    /// <summary>What became of a receive that was made because something was expected.</summary>
    protected void NoteGuess(bool isRight)
    {
        if (isRight)
        {
            _guess.NoteRight();
        }
        else
        {
            _guess.NoteWrong();
        }
    }

    /// <summary>From here to <see cref="EndPeek"/> a pending error may leave the socket before it is noted.</summary>
    protected void BeginPeek() => Interlocked.Increment(ref _peeking);

    protected void EndPeek() => Interlocked.Decrement(ref _peeking);

    /// <summary>For a stream that is watched and of which nobody receives: an end or an error fires Closed. False when nothing is there.</summary>
    protected bool LookForEnd()
    {
        if (NotedError is var noted && noted != SocketError.Success)
        {
            // The error has left the socket, which looks finished now; the next receive reports the error itself.
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
        else if (peeked == 0 && !_closing)
        {
            SocketError loss = LossTakenByOthers();
            Signal.Close(loss == SocketError.Success ? CloseReason.PeerFinished : ErrorTable.ReasonOf(loss));
        }

        return true;
    }

    private IoResult ReceiveWaiting(Span<byte> buffer, ReceiveKind kind, TimeSpan timeout, ref int done)
    {
        var deadline = Deadline.After(timeout);

        // Waiting first saves the failed recv(2) that a request-response client would otherwise make each time.
        bool isLast = timeout == TimeSpan.Zero;
        bool isGuess = !isLast && _guess.ExpectsData;
        bool waitFirst = !isLast && !isGuess;
        while (true)
        {
            if (!waitFirst)
            {
                IoResult outcome = Attempt(buffer, kind, ref done);
                bool isOver = outcome.Status != ChannelStatus.WouldBlock;
                if (isGuess)
                {
                    NoteGuess(isOver);
                    isGuess = false;
                }

                if (isOver || isLast)
                {
                    return isOver || timeout == TimeSpan.Zero ? outcome : IoResult.Ended(ChannelStatus.DeadlinePassed, done);
                }
            }

            // What is there comes before the deadline: this thread may just have been late.
            waitFirst = false;
            isLast = !AwaitReadable(deadline);
            if (_closing)
            {
                // A borrowed socket lives on, and what it has is its owner's.
                return IoResult.Ended(ChannelStatus.Closed, done);
            }
        }
    }

    private IoResult ReceiveOnce(Span<byte> buffer, bool wait, bool peek)
    {
        if (TakeNotedError(out IoResult failure))
        {
            return failure;
        }

        int received = ReceiveOnce(buffer, wait, peek, out SocketError error);
        if (error != SocketError.Success)
        {
            return error == SocketError.WouldBlock ? IoResult.Ended(ChannelStatus.WouldBlock) : Fail(error, 0);
        }

        if (received == 0)
        {
            return EndOfStream();
        }

        if (_closing)
        {
            // Closing discards what is unread, so these bytes may not be the next ones.
            return IoResult.Ended(ChannelStatus.Closed);
        }

        if (received == buffer.Length)
        {
            _guess.Hint();
        }

        return Received(received, peek);
    }

    private bool TakeNotedError(out IoResult failure)
    {
        SocketError noted = _notedError == 0 ? SocketError.Success : (SocketError)Interlocked.Exchange(ref _notedError, 0);
        failure = noted == SocketError.Success ? default : Fail(noted, 0);
        return noted != SocketError.Success;
    }

    private IoResult Received(int count, bool peek)
    {
        if (!peek)
        {
            CountReceived(count);
        }

        if (Signal.IsWatched && !Signal.HasFired)
        {
            WatchAgain();
        }

        return new IoResult(count);
    }

    private IoResult EndOfStream()
    {
        // Our own shutdown wakes a receive with 0, too.
        if (_closing)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        if (LossTakenByOthers() is var loss && loss != SocketError.Success)
        {
            Volatile.Write(ref _notedError, 0);
            return Fail(loss, 0);
        }

        Signal.Close(CloseReason.PeerFinished);
        return default;
    }

    /// <summary>
    /// The kernel reports a reset, or that it gave up, once, and to whoever comes next the stream looks finished: so an end is believed only
    /// when no peek, no send and no pending wait has taken an error, or is about to.
    /// </summary>
    private SocketError LossTakenByOthers()
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
    /// At an end a pending wait ends, too, and then notes the error that it has taken. TCP tells whether there can be one: after a reset
    /// the connection is over in both directions.
    /// </summary>
    private SocketError LossTakenByWait()
    {
        if (!IsWaitPending || TcpLoss.IsKnownToBeOpen(this))
        {
            return NotedError;
        }

        var spin = default(SpinWait);
        var limit = Deadline.After(s_waitTime);
        while (IsWaitPending && NotedError == SocketError.Success && !limit.HasPassed)
        {
            spin.SpinOnce();
        }

        // Without a thread the wait cannot tell. But only a reset ends both directions of a connection that this side has not half-closed.
        bool isReset = IsWaitPending && NotedError == SocketError.Success && !_sendShut && TcpLoss.IsClosed(this);
        return isReset ? SocketError.ConnectionReset : NotedError;
    }

    /// <summary>
    /// Once the connection is over, a send that is inside send(2) fails immediately, so this waits for it. A send that waits for room has
    /// no error to report, and may need this thread to make progress.
    /// </summary>
    private SocketError LossMetBySend()
    {
        var spin = default(SpinWait);
        var limit = Deadline.After(s_errorTime);
        while (_lossReported == SocketError.Success && _sendLock.IsHeld && (!_sendResting || WaitsInSend)
            && TcpLoss.IsClosed(this) && !limit.HasPassed)
        {
            spin.SpinOnce();
        }

        return _lossReported;
    }
}
