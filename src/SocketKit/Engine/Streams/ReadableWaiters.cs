namespace SocketKit.Engine.Streams;

/// <summary>
/// Those who wait until a receive would not wait, without receiving. Any number; who is in the list waits, and whoever takes it out ends
/// its wait. A waiter that has gone on serves the next call.
/// </summary>
internal sealed class ReadableWaiters(IWaitOwner owner)
{
    private Waiter? _first;
    private Waiter? _spare;

    public TransferTask WaitAsync(CancellationToken cancellationToken)
    {
        Waiter waiter = Interlocked.Exchange(ref _spare, null) ?? new Waiter(this);
        TransferTask pending = waiter.Begin(owner.Follows(cancellationToken), cancellationToken);
        lock (this)
        {
            waiter.Next = _first;
            _first = waiter;
        }

        if (owner.IsClosing || !owner.StartReadableWait())
        {
            TryEnd(waiter, Outcome());
        }
        else if (cancellationToken.IsCancellationRequested)
        {
            // It fired before the waiter was in the list.
            TryEnd(waiter, Transfer.Ended(ChannelStatus.Canceled));
        }

        return pending;
    }

    /// <summary>Something is there, or the channel was closed.</summary>
    public void End()
    {
        if (Volatile.Read(ref _first) is not null)
        {
            EndAll(Outcome(), onlyFollowing: false);
        }
    }

    /// <summary>The service's token has fired.</summary>
    public void CancelServed() => EndAll(Transfer.Ended(ChannelStatus.Canceled), onlyFollowing: true);

    private void EndAll(Transfer outcome, bool onlyFollowing)
    {
        Waiter? taken = null;
        lock (this)
        {
            Waiter? kept = null;
            while (_first is { } waiter)
            {
                _first = waiter.Next;
                ref Waiter? list = ref onlyFollowing && !waiter.Follows ? ref kept : ref taken;
                waiter.Next = list;
                list = waiter;
            }

            _first = kept;
        }

        while (taken is { } waiter)
        {
            taken = waiter.Next;
            waiter.End(outcome);
        }
    }

    private void TryEnd(Waiter waiter, Transfer outcome)
    {
        lock (this)
        {
            ref Waiter? link = ref _first;
            while (link is not null && link != waiter)
            {
                link = ref link.Next;
            }

            if (link is null)
            {
                return;
            }

            link = waiter.Next;
        }

        waiter.End(outcome);
    }

    /// <summary>Our own closing makes the socket readable, too.</summary>
    private Transfer Outcome() => owner.IsClosing ? Transfer.Ended(ChannelStatus.Closed) : default;

    private sealed class Waiter(ReadableWaiters waiters) : PendingTransfer
    {
        private CancellationTokenRegistration _registration;
        private Waiter? _next;

        public ref Waiter? Next => ref _next;

        /// <summary>See <see cref="StreamChannel.ServiceToken"/>.</summary>
        public bool Follows { get; private set; }

        /// <summary>Before the waiter is in the list.</summary>
        public TransferTask Begin(bool follows, CancellationToken cancellationToken)
        {
            Follows = follows;
            if (!follows)
            {
                _registration = cancellationToken.UnsafeRegister(
                    static state => ((Waiter)state!).Cancel(), this);
            }

            return Task;
        }

        /// <summary>By whoever has taken it out of the list.</summary>
        public void End(Transfer outcome)
        {
            // Waits for a callback that runs at this moment; it finds the waiter gone.
            _registration.Dispose();
            _registration = default;
            _next = null;
            Complete(outcome, asynchronously: true);
        }

        protected override void Recycle() => Volatile.Write(ref waiters._spare, this);

        private void Cancel() => waiters.TryEnd(this, Transfer.Ended(ChannelStatus.Canceled));
    }
}
