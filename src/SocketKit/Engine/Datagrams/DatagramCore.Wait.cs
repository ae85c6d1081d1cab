using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Datagrams;

/// <summary>Waits for something to receive: from the kernel, or what another thread's receive has left of a train.</summary>
internal abstract partial class DatagramCore
{
    private static readonly TimeSpan s_lookUp = TimeSpan.FromMilliseconds(PollWait.LookUpMilliseconds);

    public override bool WaitReadable(TimeSpan timeout)
    {
        if (!Calls.MayHold)
        {
            return AwaitReadable(timeout);
        }

        // What a receive leaves makes no event, so the wait looks again and again.
        var deadline = Deadline.After(timeout);
        while (true)
        {
            bool isLast = deadline.HasPassed;
            if (Calls.IsHolding || AwaitReadable(isLast ? TimeSpan.Zero : Shorter(deadline)) || Calls.IsHolding)
            {
                return true;
            }

            if (isLast)
            {
                return false;
            }
        }
    }

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        if (Calls.IsHolding && !IsClosed)
        {
            return new(default(IoResult));
        }

        IoTask wait = AwaitReadableAsync(cancellationToken);
        if (Calls.MayHold)
        {
            // The fence: a receive that left something before the wait was in the list is seen here.
            Interlocked.MemoryBarrier();
            if (Calls.IsHolding)
            {
                EndReadableWaits();
            }
        }

        return wait;
    }

    /// <summary>Whether the kernel has something to receive, within the time-out.</summary>
    protected abstract bool AwaitReadable(TimeSpan timeout);

    /// <summary>The same without blocking a thread.</summary>
    protected abstract IoTask AwaitReadableAsync(CancellationToken cancellationToken);

    private static TimeSpan Shorter(Deadline deadline) =>
        deadline.IsInfinite || deadline.Remaining() > s_lookUp ? s_lookUp : deadline.Remaining();
}
