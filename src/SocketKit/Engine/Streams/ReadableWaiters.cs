using System.Threading.Tasks.Sources;

namespace SocketKit.Engine.Streams;

/// <summary>
/// Those who wait until a receive would not wait, without receiving. Any number; who is in the list waits, and whoever takes it out ends
/// its wait. A waiter that has gone on serves the next call.
/// </summary>
internal sealed class ReadableWaiters(IWaitOwner owner)
{
    private readonly Lock _lock = new();
    private Waiter? _first;
    private Waiter? _spare;

    public ValueTask<Transfer> WaitAsync(CancellationToken cancellationToken)
    {
        Waiter waiter = Interlocked.Exchange(ref _spare, null) ?? new Waiter(this);
        ValueTask<Transfer> pending = waiter.Begin(cancellationToken.CanBeCanceled && cancellationToken == owner.ServiceToken, cancellationToken);
        lock (_lock)
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
        lock (_lock)
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
            waiter.Complete(outcome);
        }
    }

    private void TryEnd(Waiter waiter, Transfer outcome)
    {
        lock (_lock)
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

        waiter.Complete(outcome);
    }

    /// <summary>Our own closing makes the socket readable, too.</summary>
    private Transfer Outcome() => owner.IsClosing ? Transfer.Ended(ChannelStatus.Closed) : default;

    private sealed class Waiter(ReadableWaiters waiters) : IValueTaskSource<Transfer>
    {
        private ManualResetValueTaskSourceCore<Transfer> _core = new() { RunContinuationsAsynchronously = true };
        private CancellationTokenRegistration _registration;
        private Waiter? _next;

        public ref Waiter? Next => ref _next;

        /// <summary>See <see cref="StreamChannel.ServiceToken"/>.</summary>
        public bool Follows { get; private set; }

        /// <summary>Before the waiter is in the list.</summary>
        public ValueTask<Transfer> Begin(bool follows, CancellationToken cancellationToken)
        {
            Follows = follows;
            if (!follows)
            {
                _registration = cancellationToken.UnsafeRegister(
                    static state => ((Waiter)state!).Cancel(), this);
            }

            return new(this, _core.Version);
        }

        /// <summary>By whoever has taken it out of the list.</summary>
        public void Complete(Transfer outcome)
        {
            // Waits for a callback that runs at this moment; it finds the waiter gone.
            _registration.Dispose();
            _registration = default;
            _next = null;
            _core.SetResult(outcome);
        }

        Transfer IValueTaskSource<Transfer>.GetResult(short token)
        {
            Transfer result = _core.GetResult(token);
            _core.Reset();
            Volatile.Write(ref waiters._spare, this);
            return result;
        }

        ValueTaskSourceStatus IValueTaskSource<Transfer>.GetStatus(short token) => _core.GetStatus(token);

        void IValueTaskSource<Transfer>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);

        private void Cancel() => waiters.TryEnd(this, Transfer.Ended(ChannelStatus.Canceled));
    }
}
