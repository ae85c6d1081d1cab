using System.Net.Sockets;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Streams;

/// <summary>
/// Callers that wait until a receive or a send would not wait, without making one. A waiter waits while it is in the list; the thread that
/// takes it out ends its wait. A waiter that has ended serves the next call. Part of its owner, whose lock guards the list; not to be
/// copied.
/// </summary>
internal struct ReadinessWaiters
{
    private Waiter? _first;
    private Waiter? _spare;

    /// <summary>Whether nobody waits.</summary>
    public readonly bool IsEmpty => Volatile.Read(in _first) is null;

    /// <summary>Waits until a receive (SelectRead) or a send (SelectWrite) would not wait.</summary>
    public IoTask WaitAsync(IReadinessOwner owner, SelectMode mode, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        Waiter waiter = Interlocked.Exchange(ref _spare, null) ?? new Waiter(owner);
        IoTask pending = waiter.Begin(mode, owner.SignalOf(cancellationToken), cancellationToken);
        lock (owner)
        {
            waiter.Next = _first;
            _first = waiter;
        }

        if (owner.IsClosing || !(mode == SelectMode.SelectRead ? owner.StartReadableWait() : owner.StartWritableWait()))
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

    /// <summary>A receive, or a send, would not wait now: ends the waits for that.</summary>
    public void End(IReadinessOwner owner, bool readable, bool writable)
    {
        if (Volatile.Read(ref _first) is not null)
        {
            End(owner, OutcomeOf(owner), readable, writable, only: ServiceSignal.None);
        }
    }

    /// <summary>The channel was closed: ends every wait.</summary>
    public void EndAll(IReadinessOwner owner) => End(owner, readable: true, writable: true);

    /// <summary>Whether any caller waits for room to send.</summary>
    public bool HasWriters(IReadinessOwner owner)
    {
        lock (owner)
        {
            Waiter? waiter = _first;
            while (waiter is { Mode: SelectMode.SelectRead })
            {
                waiter = waiter.Next;
            }

            return waiter is not null;
        }
    }

    /// <summary>A token of the service has fired: ends the waits that began with it.</summary>
    public void CancelServed(IReadinessOwner owner, ServiceSignal signal) =>
        End(owner, IoResult.Ended(ChannelStatus.Canceled), readable: true, writable: true, only: signal);

    private void End(IReadinessOwner owner, IoResult outcome, bool readable, bool writable, ServiceSignal only)
    {
        Waiter? taken = null;
        lock (owner)
        {
            // Those that are not meant stay linked: whoever finds the list empty without the lock must be right.
            ref Waiter? link = ref _first;
            while (link is { } waiter)
            {
                bool isMeant = (waiter.Mode == SelectMode.SelectRead ? readable : writable)
                    && (only == ServiceSignal.None || only == waiter.Signal);
                if (isMeant)
                {
                    link = waiter.Next;
                    waiter.Next = taken;
                    taken = waiter;
                }
                else
                {
                    link = ref waiter.Next;
                }
            }
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

        public SelectMode Mode { get; private set; }

        /// <summary>See <see cref="StreamChannel.SignalOf"/>.</summary>
        public ServiceSignal Signal { get; private set; }

        /// <summary>Called before the waiter is in the list.</summary>
        public IoTask Begin(SelectMode mode, ServiceSignal signal, CancellationToken cancellationToken)
        {
            Mode = mode;
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
