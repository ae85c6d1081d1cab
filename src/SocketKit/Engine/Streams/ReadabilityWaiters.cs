using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Streams;

/// <summary>
/// Callers that wait until a receive would not wait, without receiving. A waiter waits while it is in the list; the thread that takes it
/// out ends its wait. A waiter that has ended serves the next call. Part of its owner, whose lock guards the list; not to be copied.
/// </summary>
internal struct ReadabilityWaiters
{
    private Waiter? _first;
    private Waiter? _spare;

    public IoTask WaitAsync(IReadinessOwner owner, CancellationToken cancellationToken)
    {
        Waiter waiter = Interlocked.Exchange(ref _spare, null) ?? new Waiter(owner);
        IoTask pending = waiter.Begin(owner.SignalOf(cancellationToken), cancellationToken);
        lock (owner)
        {
            waiter.Next = _first;
            _first = waiter;
        }

        if (owner.IsClosing || !owner.StartReadableWait())
        {
            TryEnd(owner, waiter, OutcomeOf(owner));
        }
        else if (cancellationToken.IsCancellationRequested)
        {
            // The token fired before the waiter was in the list.
            TryEnd(owner, waiter, IoResult.Ended(ChannelStatus.Canceled));
        }

        return pending;
    }

    /// <summary>Data is there, or the channel was closed: ends every wait.</summary>
    public void End(IReadinessOwner owner)
    {
        if (Volatile.Read(ref _first) is not null)
        {
            EndAll(owner, OutcomeOf(owner), only: ServiceSignal.None);
        }
    }

    /// <summary>A token of the service has fired: ends the waits that began with it.</summary>
    public void CancelServed(IReadinessOwner owner, ServiceSignal signal) =>
        EndAll(owner, IoResult.Ended(ChannelStatus.Canceled), only: signal);

    private void EndAll(IReadinessOwner owner, IoResult outcome, ServiceSignal only)
    {
        Waiter? taken = null;
        lock (owner)
        {
            Waiter? kept = null;
            while (_first is { } waiter)
            {
                _first = waiter.Next;
                ref Waiter? list = ref only != ServiceSignal.None && only != waiter.Signal ? ref kept : ref taken;
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

    private void TryEnd(IReadinessOwner owner, Waiter waiter, IoResult outcome)
    {
        lock (owner)
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

    /// <summary>Closing by this library makes the socket readable, too.</summary>
    private static IoResult OutcomeOf(IReadinessOwner owner) => owner.IsClosing ? IoResult.Ended(ChannelStatus.Closed) : default;

    private sealed class Waiter(IReadinessOwner owner) : IoTaskSource
    {
        private CancellationTokenRegistration _registration;
        private Waiter? _next;

        public ref Waiter? Next => ref _next;

        /// <summary>See <see cref="StreamChannel.SignalOf"/>.</summary>
        public ServiceSignal Signal { get; private set; }

        /// <summary>Called before the waiter is in the list.</summary>
        public IoTask Begin(ServiceSignal signal, CancellationToken cancellationToken)
        {
            Signal = signal;
            if (signal == ServiceSignal.None)
            {
                _registration = cancellationToken.UnsafeRegister(
                    static state => ((Waiter)state!).Cancel(), this);
            }

            return Task;
        }

        /// <summary>Called by the thread that has taken it out of the list.</summary>
        public void End(IoResult outcome)
        {
            // Waits for a token callback that runs at this moment, and finds the waiter removed.
            _registration.Dispose();
            _registration = default;
            _next = null;
            Complete(outcome, asynchronously: true);
        }

        protected override void Recycle() => Volatile.Write(ref owner.Waiters._spare, this);

        private void Cancel() => owner.Waiters.TryEnd(owner, this, IoResult.Ended(ChannelStatus.Canceled));
    }
}
