using System.Net;
using SocketKit.Engine.Tasks;
using SocketKit.Telemetry;

namespace SocketKit.Engine.Portable;

internal sealed partial class PortableDatagram
{
    private readonly Lock _sendsLock = new();
    private readonly HashSet<DatagramSend> _sends = [];
    private DatagramSend? _spareSend;

    public override IoResult Send(ReadOnlySpan<byte> data, SocketAddress? to, TimeSpan timeout) =>
        Send(new OutgoingDatagrams(data, to), timeout);

    public override IoResult SendBatch(DatagramBatch batch, TimeSpan timeout) => Send(new OutgoingDatagrams(batch), timeout);

    public override IoTask SendAsync(ReadOnlyMemory<byte> data, SocketAddress? to, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        IoResult outcome = AttemptSend(new OutgoingDatagrams(data.Span, to));
        return outcome.Status != ChannelStatus.WouldBlock ? new(outcome) : RentSend().Start(data, to, null, default, timeout, cancellationToken);
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
            : RentSend().Start(default, null, batch, default, timeout, cancellationToken);
    }

    /// <summary>One sendto(2), or what goes of a batch or a run. Never waits.</summary>
    internal IoResult AttemptSend(OutgoingDatagrams outgoing)
    {
        if (_closing)
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
        return outcome.IsSuccess || !_closing ? outcome : IoResult.Ended(ChannelStatus.Closed);
    }

    internal void BeginPending(DatagramSend operation)
    {
        lock (_sendsLock)
        {
            _sends.Add(operation);
        }
    }

    internal void EndPending(DatagramSend operation)
    {
        lock (_sendsLock)
        {
            _sends.Remove(operation);
        }
    }

    internal void Recycle(DatagramSend operation) => Volatile.Write(ref _spareSend, operation);

    private DatagramSend RentSend() => Interlocked.Exchange(ref _spareSend, null) ?? new DatagramSend(this);

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
        for (int pause = DatagramSend.FirstPauseMilliseconds; ; pause = Math.Min(pause * 2, DatagramSend.LongestPauseMilliseconds))
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

    private void InterruptSends()
    {
        DatagramSend[] pending;
        lock (_sendsLock)
        {
            pending = [.. _sends];
        }

        foreach (DatagramSend operation in pending)
        {
            operation.Interrupt(ChannelStatus.Closed);
        }
    }
}
