namespace SocketKit.Engine.Streams;

/// <summary>Those who wait until a receive would not wait, without receiving. Any number.</summary>
internal sealed class ReadableWaiters(IWaitOwner owner)
{
    private readonly Lock _lock = new();
    private List<TaskCompletionSource<Transfer>>? _waiters;

    public async ValueTask<Transfer> WaitAsync(CancellationToken cancellationToken)
    {
        var waiter = new TaskCompletionSource<Transfer>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            (_waiters ??= []).Add(waiter);
        }

        if (owner.IsClosing || !owner.StartReadableWait())
        {
            waiter.TrySetResult(Outcome());
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static state => ((TaskCompletionSource<Transfer>)state!).TrySetResult(Transfer.Ended(ChannelStatus.Canceled)), waiter);
        Transfer outcome = await waiter.Task.ConfigureAwait(false);
        lock (_lock)
        {
            _waiters.Remove(waiter);
        }

        return outcome;
    }

    /// <summary>Something is there, or the channel was closed.</summary>
    public void End()
    {
        Transfer outcome = Outcome();
        if (Volatile.Read(ref _waiters) is not { } waiters)
        {
            return;
        }

        lock (_lock)
        {
            foreach (TaskCompletionSource<Transfer> waiter in waiters)
            {
                waiter.TrySetResult(outcome);
            }
        }
    }

    /// <summary>Our own closing makes the socket readable, too.</summary>
    private Transfer Outcome() => owner.IsClosing ? Transfer.Ended(ChannelStatus.Closed) : default;
}
