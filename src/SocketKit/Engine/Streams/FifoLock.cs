namespace SocketKit.Engine.Streams;

/// <summary>
/// Lets one message at a time through, in the order of the calls. A free lock costs one compare-and-swap; waiting costs an allocation.
/// </summary>
internal sealed class FifoLock
{
    private const int Free = 0;
    private const int Held = 1;
    private const int HeldWithQueue = 2;

    private LinkedList<Ticket>? _queue;
    private int _state;
    private bool _closed;

    public bool IsHeld => Volatile.Read(ref _state) != Free;

    /// <summary>Whether a caller waits for its turn.</summary>
    public bool IsContended => Volatile.Read(ref _state) == HeldWithQueue;

    public bool TryEnter() => Interlocked.CompareExchange(ref _state, Held, Free) == Free;

    /// <summary>Waits for the turn on this thread.</summary>
    public ChannelStatus Enter(Deadline deadline)
    {
        Task<ChannelStatus> turn = EnterAsync(deadline, CancellationToken.None, out Ticket? ticket);
        if (ticket is null)
        {
            return turn.Result;
        }

        try
        {
            // The holder may be an async send of the loop whose user code this thread runs.
            BlockingWait.Announce();

            // No pool thread is needed: the thread that leaves the lock, or the deadline, ends this wait.
            while (!turn.Wait(deadline.NextWaitMilliseconds()))
            {
                if (deadline.HasPassed)
                {
                    Withdraw(ticket, ChannelStatus.DeadlinePassed);
                }
            }
        }
        catch (ThreadInterruptedException)
        {
            // This thread was interrupted: it would neither use nor release a turn that this ticket is given.
            Withdraw(ticket, ChannelStatus.Canceled);
            if (turn.Result == ChannelStatus.Success)
            {
                Exit();
            }

            throw;
        }

        return turn.Result;
    }

    public async Task<ChannelStatus> EnterAsync(Deadline deadline, CancellationToken cancellationToken)
    {
        Task<ChannelStatus> turn = EnterAsync(deadline, cancellationToken, out Ticket? ticket);
        if (ticket is null)
        {
            return await turn.ConfigureAwait(false);
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static state => ((Ticket)state!).Gate.Withdraw((Ticket)state, ChannelStatus.Canceled), ticket);
        while (!deadline.IsInfinite && !turn.IsCompleted)
        {
            var chunk = TimeSpan.FromMilliseconds(deadline.NextWaitMilliseconds());
            await ((Task)turn).WaitAsync(chunk, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (deadline.HasPassed)
            {
                Withdraw(ticket, ChannelStatus.DeadlinePassed);
            }
        }

        return await turn.ConfigureAwait(false);
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
            if (_queue?.First is not { } first)
            {
                Volatile.Write(ref _state, Free);
                return;
            }

            _queue.RemoveFirst();
            if (_queue.Count == 0)
            {
                Volatile.Write(ref _state, Held);
            }

            first.Value.TrySetResult(ChannelStatus.Success);
        }
    }

    /// <summary>Fails all messages that wait behind a partly sent message. Later messages are let through.</summary>
    public void FailQueue(ChannelStatus status)
    {
        lock (this)
        {
            while (_queue?.First is { } first)
            {
                _queue.RemoveFirst();
                first.Value.TrySetResult(status);
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

    private Task<ChannelStatus> EnterAsync(Deadline deadline, CancellationToken cancellationToken, out Ticket? ticket)
    {
        ticket = null;
        lock (this)
        {
            if (_closed)
            {
                return Task.FromResult(ChannelStatus.Closed);
            }

            if (cancellationToken.IsCancellationRequested)
            {
                return Task.FromResult(ChannelStatus.Canceled);
            }

            // Either this thread takes the lock now, or its holder sees that a caller waits.
            while (Interlocked.CompareExchange(ref _state, HeldWithQueue, Held) == Free)
            {
                if (TryEnter())
                {
                    return Task.FromResult(ChannelStatus.Success);
                }
            }

            if (deadline.HasPassed)
            {
                ClearQueueMark();
                return Task.FromResult(ChannelStatus.DeadlinePassed);
            }

            ticket = new Ticket(this);
            _queue ??= new LinkedList<Ticket>();
            _queue.AddLast(ticket);
            return ticket.Task;
        }
    }

    private void Withdraw(Ticket ticket, ChannelStatus status)
    {
        lock (this)
        {
            // A ticket that is no longer in the queue got its turn first, and its message is sent.
            if (_queue!.Remove(ticket))
            {
                ticket.TrySetResult(status);
                ClearQueueMark();
            }
        }
    }

    /// <summary>Called under the lock: no caller waits any more, so the holder may leave by the fast path.</summary>
    private void ClearQueueMark()
    {
        if (_queue is null or { Count: 0 })
        {
            Interlocked.CompareExchange(ref _state, Held, HeldWithQueue);
        }
    }

    private sealed class Ticket(FifoLock gate) : TaskCompletionSource<ChannelStatus>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public FifoLock Gate => gate;
    }
}
