using System.Net.Sockets;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Streams;

internal abstract partial class StreamCore
{
    /// <summary>How long a receive leaves a send that runs to say what it met.</summary>
    private static readonly TimeSpan s_errorTime = TimeSpan.FromMilliseconds(20);

    private DataPredictor _guess;
    private int _notedError;

    /// <summary>Peeks under way that may take a pending error.</summary>
    private int _peeking;

    /// <summary>Whether a receive before any wait will probably find something.</summary>
    protected bool ExpectsData => _guess.ExpectsData;

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
        if ((SocketError)Volatile.Read(ref _notedError) is var noted && noted != SocketError.Success)
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
            var taken = (SocketError)Volatile.Read(ref _notedError);
            SocketError loss = taken == SocketError.Success ? LossMetBySend() : taken;
            Signal.Close(loss == SocketError.Success ? CloseReason.PeerFinished : ErrorTable.ReasonOf(loss));
        }

        return true;
    }

    private IoResult ReceiveWaiting(Span<byte> buffer, ReceiveKind kind, TimeSpan timeout, ref int done)
    {
        var deadline = Deadline.After(timeout);

        // Waiting first saves the failed recv(2) that a request-response client would otherwise make each time.
        bool isGuess = timeout != TimeSpan.Zero && _guess.ExpectsData;
        bool waitFirst = timeout != TimeSpan.Zero && !isGuess;
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

                if (isOver || timeout == TimeSpan.Zero)
                {
                    return outcome;
                }
            }

            waitFirst = false;
            if (!AwaitReadable(deadline))
            {
                return IoResult.Ended(ChannelStatus.DeadlinePassed, done);
            }

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

        return Received(received);
    }

    private bool TakeNotedError(out IoResult failure)
    {
        SocketError noted = _notedError == 0 ? SocketError.Success : (SocketError)Interlocked.Exchange(ref _notedError, 0);
        failure = noted == SocketError.Success ? default : Fail(noted, 0);
        return noted != SocketError.Success;
    }

    private IoResult Received(int count)
    {
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

        if (ErrorTakenByOthers() is var taken && taken != SocketError.Success)
        {
            return Fail(taken, 0);
        }

        Signal.Close(CloseReason.PeerFinished);
        return default;
    }

    /// <summary>
    /// The kernel reports a reset, or that it gave up, once, and to whoever comes next the stream looks finished: so an end is believed only
    /// when no peek and no send has taken an error, or is about to.
    /// </summary>
    private SocketError ErrorTakenByOthers()
    {
        var spin = default(SpinWait);
        while (Volatile.Read(ref _peeking) != 0)
        {
            spin.SpinOnce();
        }

        SocketError met = LossMetBySend();
        var noted = (SocketError)Interlocked.Exchange(ref _notedError, 0);
        return noted == SocketError.Success ? met : noted;
    }

    private bool IsOver()
    {
        try
        {
            return TcpLoss.IsClosed(Socket);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, which is over as well.
            return true;
        }
    }

    /// <summary>
    /// On a connection that is over a send that runs now ends at once, and then it is known what it met. One that rests without a call has met
    /// nothing, and may be waiting for this very thread.
    /// </summary>
    private SocketError LossMetBySend()
    {
        var spin = default(SpinWait);
        var limit = Deadline.After(s_errorTime);
        while (_lossReported == SocketError.Success && _sendLock.IsHeld && (!_sendResting || WaitsInSend) && IsOver() && !limit.HasPassed)
        {
            spin.SpinOnce();
        }

        return _lossReported;
    }
}
