using System.Net.Sockets;

namespace SocketKit.Engine.Portable;

internal sealed partial class PortableStream
{
    /// <summary>How long a receive leaves a send that runs to say what it met.</summary>
    private static readonly TimeSpan s_errorTime = TimeSpan.FromMilliseconds(20);

    private QueueGuess _guess;
    private int _receiving;
    private int _waitError;

    /// <summary>Peeks under way that may take a pending error.</summary>
    private int _peeking;

    private StreamReceive? _receive;
    private StreamReceive? _spareReceive;

    public bool IsClosing => _closing;

    public bool TryFirst
    {
        get => _guess.ExpectsData;
        set
        {
            if (value)
            {
                _guess.NoteQueued();
            }
            else
            {
                _guess.NoteEmpty();
            }
        }
    }

    public override Transfer Receive(Span<byte> buffer, ReceiveKind kind, TimeSpan timeout)
    {
        if (!TryEnterReceive(out Transfer refusal))
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

            if (!_nonBlocking && timeout == Timeout.InfiniteTimeSpan)
            {
                // One system call: the kernel does the waiting.
                Transfer outcome = Attempt(buffer, kind, ref done);
                if (outcome.Status != ChannelStatus.WouldBlock)
                {
                    return outcome;
                }
            }

            MakeNonBlocking();
            return ReceiveWaiting(buffer, kind, timeout, ref done);
        }
        finally
        {
            ExitReceive();
        }
    }

    public override ValueTask<Transfer> ReceiveAsync(Memory<byte> buffer, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(Transfer.Ended(ChannelStatus.Canceled));
        }

        if (!TryEnterReceive(out Transfer refusal))
        {
            return new(refusal);
        }

        if (buffer.IsEmpty && kind == ReceiveKind.Exactly)
        {
            ExitReceive();
            return default;
        }

        MakeNonBlocking();
        int done = 0;
        if (TryFirst)
        {
            Transfer outcome = Attempt(buffer.Span, kind, ref done);
            if (outcome.Status != ChannelStatus.WouldBlock)
            {
                ExitReceive();
                return new(outcome);
            }

            TryFirst = false;
        }

        StreamReceive operation = Interlocked.Exchange(ref _spareReceive, null) ?? new StreamReceive(this);
        return operation.Start(buffer, done, kind, timeout, cancellationToken);
    }

    /// <summary>One or, for an exact receive, several recv(2) calls, until done, refused, or nothing is there.</summary>
    internal Transfer Attempt(Span<byte> buffer, ReceiveKind kind, ref int done)
    {
        if (buffer.IsEmpty)
        {
            return AttemptEmpty();
        }

        while (true)
        {
            Transfer outcome = ReceiveOnce(buffer[done..], kind == ReceiveKind.Peek ? SocketFlags.Peek : SocketFlags.None);
            if (!outcome.IsSuccess)
            {
                return new Transfer(done, outcome.Status, outcome.Error);
            }

            done += outcome.Count;
            if (kind != ReceiveKind.Exactly || done == buffer.Length)
            {
                return new Transfer(done);
            }

            if (outcome.Count == 0)
            {
                return Transfer.Ended(ChannelStatus.EndOfStream, done);
            }
        }
    }

    public bool StartReadableWait()
    {
        // Starting a wait peeks, and a peek may take a pending error from the socket before it is noted.
        Interlocked.Increment(ref _peeking);
        try
        {
            return ReadableWaitOf().Start(_socket);
        }
        finally
        {
            Interlocked.Decrement(ref _peeking);
        }
    }

    public void NoteWaitError(SocketError error)
    {
        if (error is not (SocketError.Success or SocketError.WouldBlock or SocketError.OperationAborted))
        {
            Volatile.Write(ref _waitError, (int)error);
        }
    }

    public void OnReadable()
    {
        _waiters.End();
        if (Volatile.Read(ref _receive) is { } operation)
        {
            operation.OnReadable();
        }
        else
        {
            WatchForClose();
        }
    }

    /// <summary>A full fence: whoever closes sees the operation, or the operation sees the close.</summary>
    internal void BeginPending(StreamReceive operation) => Interlocked.Exchange(ref _receive, operation);

    internal void EndPending()
    {
        Volatile.Write(ref _receive, null);
        ExitReceive();
    }

    internal void Recycle(StreamReceive operation) => Volatile.Write(ref _spareReceive, operation);

    private Transfer ReceiveWaiting(Span<byte> buffer, ReceiveKind kind, TimeSpan timeout, ref int done)
    {
        var deadline = Deadline.After(timeout);

        // Waiting first saves the failed recv(2) that a request-response client would otherwise make each time.
        bool waitFirst = timeout != TimeSpan.Zero && !TryFirst;
        while (true)
        {
            if (!waitFirst)
            {
                Transfer outcome = Attempt(buffer, kind, ref done);
                if (outcome.Status != ChannelStatus.WouldBlock || timeout == TimeSpan.Zero)
                {
                    return outcome;
                }

                TryFirst = false;
            }

            waitFirst = false;
            try
            {
                if (!PollWait.Until(_socket, SelectMode.SelectRead, deadline, PollChunk))
                {
                    return Transfer.Ended(ChannelStatus.DeadlinePassed, done);
                }
            }
            catch (ObjectDisposedException)
            {
                return Transfer.Ended(ChannelStatus.Closed, done);
            }

            if (_closing)
            {
                // A borrowed socket lives on, and what it has is its owner's.
                return Transfer.Ended(ChannelStatus.Closed, done);
            }
        }
    }

    private Transfer AttemptEmpty()
    {
        Span<byte> one = stackalloc byte[1];
        Transfer outcome = ReceiveOnce(one, SocketFlags.Peek);
        return outcome.IsSuccess ? default : outcome;
    }

    private Transfer ReceiveOnce(Span<byte> buffer, SocketFlags flags)
    {
        if (_waitError != 0 && Interlocked.Exchange(ref _waitError, 0) is var noted && noted != 0)
        {
            return Fail((SocketError)noted, 0);
        }

        int received;
        SocketError error;
        try
        {
            received = _socket.Receive(buffer, flags, out error);
        }
        catch (ObjectDisposedException)
        {
            return Transfer.Ended(ChannelStatus.Closed);
        }

        if (error != SocketError.Success)
        {
            return IsWouldBlock(error) ? Transfer.Ended(ChannelStatus.WouldBlock) : Fail(error, 0);
        }

        if (received == 0)
        {
            // Our own shutdown wakes a receive with 0, too.
            if (_closing)
            {
                return Transfer.Ended(ChannelStatus.Closed);
            }

            if (ErrorTakenByOthers() is var taken && taken != SocketError.Success)
            {
                return Fail(taken, 0);
            }

            _signal.Close(CloseReason.PeerFinished);
            return default;
        }

        if (received == buffer.Length)
        {
            _guess.NoteFullBuffer();
        }

        if (_signal.IsWatched && !_signal.HasFired)
        {
            WatchAgain();
        }

        return new Transfer(received);
    }

    /// <summary>
    /// A receive that began on a blocking descriptor which another call then made non-blocking: .NET takes the EAGAIN for a time-out of
    /// its own. A connection that the kernel gave up on is always readable.
    /// </summary>
    private bool IsWouldBlock(SocketError error) =>
        error == SocketError.WouldBlock || (error == SocketError.TimedOut && !_socket.Poll(0, SelectMode.SelectRead));

    /// <summary>
    /// The kernel reports a reset once, and to whoever comes next the stream looks finished: so an end is believed only when no peek and no
    /// send has taken an error, or is about to.
    /// </summary>
    private SocketError ErrorTakenByOthers()
    {
        var spin = default(SpinWait);
        while (Volatile.Read(ref _peeking) != 0)
        {
            spin.SpinOnce();
        }

        // On a connection that is over a send that runs now ends at once, and then it is known what it met.
        var limit = Deadline.After(s_errorTime);
        while (!_resetReported && _sendGate.IsHeld && TcpState.IsClosed(_socket) && !limit.HasPassed)
        {
            spin.SpinOnce();
        }

        var noted = (SocketError)Interlocked.Exchange(ref _waitError, 0);
        return noted == SocketError.Success && _resetReported ? SocketError.ConnectionReset : noted;
    }

    private bool TryEnterReceive(out Transfer refusal)
    {
        if (_closing)
        {
            refusal = Transfer.Ended(ChannelStatus.Closed);
            return false;
        }

        if (Interlocked.CompareExchange(ref _receiving, 1, 0) != 0)
        {
            refusal = Transfer.Ended(ChannelStatus.Busy);
            return false;
        }

        if (_closing)
        {
            ExitReceive();
            refusal = Transfer.Ended(ChannelStatus.Closed);
            return false;
        }

        refusal = default;
        return true;
    }

    private void ExitReceive()
    {
        Volatile.Write(ref _receiving, 0);
        if (_closing)
        {
            RestoreWhenUnused();
        }
    }

    private void InterruptReceive() => Volatile.Read(ref _receive)?.Interrupt(ChannelStatus.Closed);
}
