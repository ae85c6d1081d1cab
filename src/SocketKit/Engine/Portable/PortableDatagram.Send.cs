using System.Net;
using SocketKit.Engine.Tasks;
using SocketKit.Telemetry;

namespace SocketKit.Engine.Portable;

internal sealed partial class PortableDatagram
{
    private readonly Lock _sendsLock = new();
    private readonly HashSet<DatagramSend> _sends = [];
    private DatagramSend? _spareSend;

    public override IoResult Send(ReadOnlySpan<byte> data, SocketAddress? to, TimeSpan timeout)
    {
        IoResult outcome = AttemptSend(data, to);
        return outcome.Status == ChannelStatus.WouldBlock && timeout != TimeSpan.Zero
            ? SendWaiting(data, to, Deadline.After(timeout))
            : outcome;
    }

    public override IoTask SendAsync(ReadOnlyMemory<byte> data, SocketAddress? to, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        IoResult outcome = AttemptSend(data.Span, to);
        if (outcome.Status != ChannelStatus.WouldBlock)
        {
            return new(outcome);
        }

        DatagramSend operation = Interlocked.Exchange(ref _spareSend, null) ?? new DatagramSend(this);
        return operation.Start(data, to, timeout, cancellationToken);
    }

    /// <summary>One sendto(2), which never waits.</summary>
    internal IoResult AttemptSend(ReadOnlySpan<byte> data, SocketAddress? to)
    {
        if (_closing)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        try
        {
            IoResult outcome = _peer.Send(data, to);
            if (outcome.IsSuccess)
            {
                DatagramSums.Send();
                return outcome;
            }

            return _closing ? IoResult.Ended(ChannelStatus.Closed) : outcome;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            return IoResult.Ended(ChannelStatus.Closed);
        }
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

    private IoResult SendWaiting(ReadOnlySpan<byte> data, SocketAddress? to, Deadline deadline)
    {
        BlockingWait.Announce();
        for (int pause = DatagramSend.FirstPauseMilliseconds; ; pause = Math.Min(pause * 2, DatagramSend.LongestPauseMilliseconds))
        {
            PauseSending(pause);
            IoResult outcome = AttemptSend(data, to);
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
