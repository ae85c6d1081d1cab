using System.Net;
using SocketKit.Engine.Tasks;
using SocketKit.Telemetry;

namespace SocketKit.Engine.Datagrams;

/// <summary>Sends. Any number of them run side by side, because a datagram is sent whole or not at all.</summary>
internal abstract partial class DatagramCore
{
    public override IoResult Send(ReadOnlySpan<byte> data, SendTarget target, TimeSpan timeout) =>
        Send(new OutgoingDatagrams(data, target), timeout);

    public override IoResult SendBatch(DatagramBatch batch, TimeSpan timeout) => Send(new OutgoingDatagrams(batch), timeout);

    public override IoTask SendAsync(ReadOnlyMemory<byte> data, SendTarget target, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        IoResult outcome = AttemptSend(new OutgoingDatagrams(data.Span, target));
        return outcome.Status != ChannelStatus.WouldBlock
            ? new(outcome)
            : WaitToSendAsync(new WaitingDatagrams(data, target), timeout, cancellationToken);
    }

    public override IoTask SendBatchAsync(DatagramBatch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        IoResult outcome = AttemptSend(new OutgoingDatagrams(batch));
        return outcome.Status != ChannelStatus.WouldBlock
            ? new(outcome)
            : WaitToSendAsync(new WaitingDatagrams(default, default, batch), timeout, cancellationToken);
    }

    public override IoResult SendSegments(ReadOnlySpan<byte> data, int segmentSize, SocketAddress? to, TimeSpan timeout)
    {
        var run = new SegmentRun(segmentSize);
        return run.Ended(Send(new OutgoingDatagrams(data, new SendTarget(to), ref run), timeout));
    }

    public override IoTask SendSegmentsAsync(
        ReadOnlyMemory<byte> data, int segmentSize, SocketAddress? to, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        var run = new SegmentRun(segmentSize);
        IoResult outcome = AttemptSend(new OutgoingDatagrams(data.Span, new SendTarget(to), ref run));
        return outcome.Status != ChannelStatus.WouldBlock
            ? new(run.Ended(outcome))
            : WaitToSendAsync(new WaitingDatagrams(data, new SendTarget(to), run: run), timeout, cancellationToken);
    }

    /// <summary>One sendto(2), or what goes of a batch or a run. Never waits.</summary>
    internal IoResult AttemptSend(OutgoingDatagrams outgoing)
    {
        if (IsClosed)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        int before = outgoing.Gone;
        IoResult outcome;
        try
        {
            outcome = _peer.Send(outgoing);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            outcome = IoResult.Ended(ChannelStatus.Closed);
        }

        if (outgoing.SentSince(before, outcome) is var sent and > 0)
        {
            DatagramSums.Send(sent);
        }

        outcome = outgoing.Ended(outcome);
        return outcome.IsSuccess || !IsClosed ? outcome : IoResult.Ended(ChannelStatus.Closed);
    }

    /// <summary>Tries a send that has met a full queue until it goes, without blocking a thread.</summary>
    /// <param name="waiting">What it sends.</param>
    /// <param name="timeout">How long it waits; zero is no limit, because async calls have no non-blocking mode.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    protected abstract IoTask WaitToSendAsync(WaitingDatagrams waiting, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Waits on this thread until there may be room to send, at most twice as long as given.</summary>
    protected abstract void PauseSending(int milliseconds);

    private IoResult Send(OutgoingDatagrams outgoing, TimeSpan timeout)
    {
        IoResult outcome = AttemptSend(outgoing);
        return outcome.Status == ChannelStatus.WouldBlock && timeout != TimeSpan.Zero
            ? SendWaiting(outgoing, Deadline.After(timeout))
            : outcome;
    }

    private IoResult SendWaiting(OutgoingDatagrams outgoing, Deadline deadline)
    {
        BlockingWait.Announce();
        for (int pause = SendPause.FirstMilliseconds; ; pause = SendPause.After(pause))
        {
            PauseSending(pause);
            IoResult outcome = AttemptSend(outgoing);
            if (outcome.Status != ChannelStatus.WouldBlock)
            {
                return outcome;
            }

            if (deadline.HasPassed)
            {
                return IoResult.Ended(ChannelStatus.DeadlinePassed);
            }
        }
    }
}
