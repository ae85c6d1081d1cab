using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>A message whose first byte carries something else, such as descriptors.</summary>
internal abstract partial class QueuedStream
{
    public override async ValueTask<IoResult> SendHandlesAsync(
        ReadOnlyMemory<byte> data, int[] descriptors, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ChannelStatus turn = await EnterSendAsync(data.Length, cancellationToken).ConfigureAwait(false);
        if (turn != ChannelStatus.Success)
        {
            return IoResult.Ended(turn);
        }

        return await SendPartsAsync(data, default, descriptors, sent: 0, AsyncDeadline(timeout), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the first part of a message, with what has to go with its first byte.</summary>
    protected virtual IoResult SendFirstPart(ReadOnlySpan<byte> data, ReadOnlySpan<int> handles, TimeSpan timeout, Deadline deadline) =>
        IoResult.Failed(SocketError.OperationNotSupported);

    /// <summary>The same without blocking a thread: attempts, and waits for room between them.</summary>
    private async ValueTask<IoResult> SendFirstPartAsync(
        ReadOnlyMemory<byte> data, int[] handles, Deadline deadline, CancellationToken cancellationToken)
    {
        while (true)
        {
            bool isLast = deadline.HasPassed;
            IoResult outcome = ResumeSending()
                ? SendFirstPart(data.Span, handles, TimeSpan.Zero, deadline)
                : IoResult.Ended(ChannelStatus.Closed);
            if (outcome.Status != ChannelStatus.WouldBlock)
            {
                return outcome;
            }

            if (cancellationToken.IsCancellationRequested || isLast)
            {
                return IoResult.Ended(isLast ? ChannelStatus.DeadlinePassed : ChannelStatus.Canceled);
            }

            SuspendSending(0);
            await AwaitWritableAsync(deadline, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for room, the token, the deadline or the close; the next attempt finds out which.</summary>
    private async ValueTask AwaitWritableAsync(Deadline deadline, CancellationToken cancellationToken)
    {
        if (deadline.IsInfinite)
        {
            await WaitWritableAsync(cancellationToken).AsOutcome().ConfigureAwait(false);
            return;
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(deadline.NextWaitMilliseconds());
        await WaitWritableAsync(limit.Token).AsOutcome().ConfigureAwait(false);
    }
}
