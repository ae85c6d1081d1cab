namespace SocketKit.Engine.Streams;

/// <summary>
/// Lets one message at a time through, in the order of the calls. A free lock costs one compare-and-swap. Those who wait are linked by
/// fields of their own, so the queue itself allocates nothing.
/// </summary>
internal sealed class FifoLock
{
    private const int Free = 0;
    private const int Held = 1;
    private const int HeldWithQueue = 2;

    private ITurn? _first;
    private ITurn? _last;
    private int _state;
    private bool _closed;

    public bool IsHeld => Volatile.Read(ref _state) != Free;

    /// <summary>Whether a caller waits for its turn.</summary>
    public bool IsContended => Volatile.Read(ref _state) == HeldWithQueue;

    public bool TryEnter() => Interlocked.CompareExchange(ref _state, Held, Free) == Free;

    /// <summary>Waits for the turn on this thread.</summary>
    public ChannelStatus Enter(Deadline deadline)
    {
        var ticket = new Ticket(this);
        if (!TryQueue(ticket, out ChannelStatus status))
        {
            return status;
        }

        if (deadline.HasPassed)
        {
            ticket.Withdraw(ChannelStatus.DeadlinePassed);
            return ticket.Task.Result;
        }

        try
        {
            // The holder may be an async send of the loop whose user code this thread runs.
            BlockingWait.Announce();

            // No pool thread is needed: the thread that leaves the lock, or the deadline, ends this wait.
            while (!ticket.Task.Wait(deadline.NextWaitMilliseconds()))
            {
                if (deadline.HasPassed)
                {
                    ticket.Withdraw(ChannelStatus.DeadlinePassed);
                }
            }
        }
        catch (ThreadInterruptedException)
        {
            // This thread was interrupted: it would neither use nor release a turn that this ticket is given.
            ticket.Withdraw(ChannelStatus.Canceled);
            if (ticket.Task.Result == ChannelStatus.Success)
            {
                Exit();
            }

            throw;
        }

        return ticket.Task.Result;
    }

    /// <summary>Waits for the turn without blocking a thread.</summary>
    public async Task<ChannelStatus> EnterAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ChannelStatus.Canceled;
        }

        var ticket = new Ticket(this);
        if (!TryQueue(ticket, out ChannelStatus status))
        {
            return status;
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static state => ((Ticket)state!).Withdraw(ChannelStatus.Canceled), ticket);
        return await ticket.Task.ConfigureAwait(false);
    }

    /// <summary>Joins the queue, unless this thread takes the lock now, or the lock was closed.</summary>
    /// <param name="turn">Is told when it has the lock, or why it never will.</param>
    /// <param name="status">If it has not joined: Success if this thread has the lock, or Closed.</param>
    public bool TryQueue(ITurn turn, out ChannelStatus status)
    {
        status = ChannelStatus.Success;
        lock (this)
        {
            if (_closed)
            {
                status = ChannelStatus.Closed;
                return false;
            }

            // Either this thread takes the lock now, or its holder sees that a caller waits.
            while (Interlocked.CompareExchange(ref _state, HeldWithQueue, Held) == Free)
            {
                if (TryEnter())
                {
                    return false;
                }
            }

            Append(turn);
            return true;
        }
    }

    /// <summary>Takes one out of the queue. One that is no longer there got its turn first, and its message is sent.</summary>
    public void Withdraw(ITurn turn, ChannelStatus status)
    {
        lock (this)
        {
            if (_first == turn || turn.Before is not null)
            {
                Unlink(turn);
                ClearQueueMark();
                turn.OnTurn(status);
            }
        }
    }

    /// <summary>Gives the turn to the next in the queue.</summary>
    public void Exit()
    {
        if (Interlocked.CompareExchange(ref _state, Free, Held) == Held)
        {
            return;
        }

        lock (this)
        {
            if (_first is not { } first)
            {
                Volatile.Write(ref _state, Free);
                return;
            }

            Unlink(first);
            if (_first is null)
            {
                Volatile.Write(ref _state, Held);
            }

            first.OnTurn(ChannelStatus.Success);
        }
    }

    /// <summary>Fails all messages that wait behind a partly sent message. Later messages are let through.</summary>
    public void FailQueue(ChannelStatus status)
    {
        lock (this)
        {
            while (_first is { } first)
            {
                Unlink(first);
                first.OnTurn(status);
            }

            ClearQueueMark();
        }
    }

    /// <summary>Ends every wait, now and later.</summary>
    public void Close()
    {
        lock (this)
        {
            _closed = true;
        }

        FailQueue(ChannelStatus.Closed);
    }

    private void Append(ITurn turn)
    {
        turn.Before = _last;
        if (_last is { } last)
        {
            last.Behind = turn;
        }
        else
        {
            _first = turn;
        }

        _last = turn;
    }

    private void Unlink(ITurn turn)
    {
        if (turn.Before is { } before)
        {
            before.Behind = turn.Behind;
        }
        else
        {
            _first = turn.Behind;
        }

        if (turn.Behind is { } behind)
        {
            behind.Before = turn.Before;
        }
        else
        {
            _last = turn.Before;
        }

        turn.Before = null;
        turn.Behind = null;
    }

    /// <summary>Called under the lock: no caller waits any more, so the holder may leave by the fast path.</summary>
    private void ClearQueueMark()
    {
        if (_first is null)
        {
            Interlocked.CompareExchange(ref _state, Held, HeldWithQueue);
        }
    }

    /// <summary>A caller that waits for a task.</summary>
    private sealed class Ticket(FifoLock gate)
        : TaskCompletionSource<ChannelStatus>(TaskCreationOptions.RunContinuationsAsynchronously), ITurn
    {
        public ITurn? Before { get; set; }

        public ITurn? Behind { get; set; }

        public void OnTurn(ChannelStatus status) => TrySetResult(status);

        public void Withdraw(ChannelStatus status) => gate.Withdraw(this, status);
    }
}
