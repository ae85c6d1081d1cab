using System.Net.Sockets;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Streams;

internal abstract partial class QueuedStream
{
    /// <summary>An error that another call than a receive has taken from the transport; it belongs to the next receive.</summary>
    private int _notedError;

    protected SocketError NotedError => (SocketError)Volatile.Read(ref _notedError);

    public override IoResult Receive(Span<byte> buffer, ReceiveKind kind, TimeSpan timeout)
    {
        if (!TryEnterReceive(out IoResult refusal))
        {
            return refusal;
        }

        try
        {
            int done = 0;
            if (buffer.IsEmpty && IsExact(kind))
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

        // The caller's memory may throw; then nothing has begun.
        _ = buffer.Span;
        if (!TryEnterReceive(out IoResult refusal))
        {
            return new(refusal);
        }

        if (buffer.IsEmpty && IsExact(kind))
        {
            ExitReceive();
            return default;
        }

        return ReceiveEnteredAsync(new ReceiveTarget(buffer), kind, timeout, cancellationToken);
    }

    public override IoTask ReceiveAsync(IMemoryLender lender, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        return TryEnterReceive(out IoResult refusal)
            ? ReceiveEnteredAsync(new ReceiveTarget(lender), ReceiveKind.Some, timeout, cancellationToken)
            : new(refusal);
    }

    /// <summary>A wait or a peek has taken this error from the transport; it belongs to the next receive.</summary>
    public void NoteWaitError(SocketError error)
    {
        if (error is not (SocketError.Success or SocketError.WouldBlock or SocketError.OperationAborted))
        {
            Volatile.Write(ref _notedError, (int)error);
        }
    }

    /// <summary>One recv(2), or several for an exact receive, until it is complete, an error comes, or nothing is queued.</summary>
    internal IoResult Attempt(Span<byte> buffer, ReceiveKind kind, ref int done, bool wait = false)
    {
        if (buffer.IsEmpty)
        {
            return AttemptNothing(wait);
        }

        while (true)
        {
            IoResult outcome = ReceiveOnce(buffer[done..], wait, kind == ReceiveKind.Peek);
            if (!outcome.IsSuccess)
            {
                return new IoResult(done, outcome.Status, outcome.Error);
            }

            done += outcome.Count;
            if (!IsExact(kind) || done == buffer.Length)
            {
                return new IoResult(done);
            }

            if (outcome.Count == 0)
            {
                bool isClean = done == 0 && kind == ReceiveKind.ExactlyOrEnd;
                return isClean ? default : IoResult.Ended(ChannelStatus.EndOfStream, done);
            }
        }
    }

    /// <summary>The attempt of a receive without a buffer: whether one with a buffer would not wait.</summary>
    protected virtual IoResult AttemptNothing(bool wait)
    {
        Span<byte> one = stackalloc byte[1];
        IoResult peeked = ReceiveOnce(one, wait, peek: true);
        return peeked.IsSuccess ? default : peeked;
    }

    /// <summary>Makes this call the only receive. False: another one is under way, or the channel is closing.</summary>
    protected abstract bool TryEnterReceive(out IoResult refusal);

    protected abstract void ExitReceive();

    /// <summary>
    /// Receives for the call that is the only receive now, without blocking a thread, and calls <see cref="ExitReceive"/> at the end.
    /// </summary>
    protected abstract IoTask ReceiveEnteredAsync(
        ReceiveTarget target, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>One recv(2); <paramref name="wait"/> lets the kernel wait where it can.</summary>
    protected abstract int ReceiveOnce(Span<byte> buffer, bool wait, bool peek, out SocketError error);

    /// <summary>Waits on this thread until a receive may succeed. False when the deadline has passed.</summary>
    protected abstract bool AwaitReadable(Deadline deadline);

    /// <summary>Data has just been taken from a stream whose Closed is watched: its end may have become visible.</summary>
    protected virtual void WatchAgain()
    {
    }

    /// <summary>Whether a receive that may wait is worth an attempt before the wait.</summary>
    protected virtual bool ExpectsData => false;

    /// <summary>What became of the attempt that <see cref="ExpectsData"/> has asked for.</summary>
    protected virtual void NoteGuess(bool isRight)
    {
    }

    /// <summary>At an end of the stream: the error that another call has taken from the transport, so that this is no clean end.</summary>
    protected virtual SocketError LossBehindEnd() => NotedError;

    private static bool IsExact(ReceiveKind kind) => kind is ReceiveKind.Exactly or ReceiveKind.ExactlyOrEnd;

    private IoResult ReceiveWaiting(Span<byte> buffer, ReceiveKind kind, TimeSpan timeout, ref int done)
    {
        var deadline = Deadline.After(timeout);

        // Waiting first saves the failed recv(2) that a request-response client would otherwise make each time.
        bool isLast = timeout == TimeSpan.Zero;
        bool isGuess = !isLast && ExpectsData;
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

            // One attempt follows the deadline: data may be queued although this thread was late.
            waitFirst = false;
            isLast = !AwaitReadable(deadline);
            if (_closing)
            {
                // A borrowed socket stays open, and its queued data belongs to its owner.
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
            // Closing discards unread bytes, so these may not be the next ones of the stream.
            return IoResult.Ended(ChannelStatus.Closed);
        }

        return Received(received, peek);
    }

    protected bool TakeNotedError(out IoResult failure)
    {
        SocketError noted = _notedError == 0 ? SocketError.Success : (SocketError)Interlocked.Exchange(ref _notedError, 0);
        failure = noted == SocketError.Success ? default : Fail(noted, 0);
        return noted != SocketError.Success;
    }

    protected IoResult Received(int count, bool peek)
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

    protected IoResult EndOfStream()
    {
        // Our own shutdown wakes a receive with 0, too.
        if (_closing)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        if (LossBehindEnd() is var loss && loss != SocketError.Success)
        {
            Volatile.Write(ref _notedError, 0);
            return Fail(loss, 0);
        }

        Signal.Close(CloseReason.PeerFinished);
        return default;
    }
}
