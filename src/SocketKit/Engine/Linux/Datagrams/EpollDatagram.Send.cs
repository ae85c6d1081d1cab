using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Tasks;
using SocketKit.Telemetry;

namespace SocketKit.Engine.Linux.Datagrams;

internal sealed partial class EpollDatagram
{
    private readonly Lock _sending = new();
    private readonly List<EpollDatagramSend> _sends = [];
    private EpollDatagramSend? _spareSend;

    /// <summary>A copy of the sends that wait. Used by the loop only.</summary>
    private EpollDatagramSend?[] _attempted = [];

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

    /// <summary>There may be room: tries the sends that wait, the oldest one first.</summary>
    void IDescriptorOwner.OnRoom()
    {
        int count;
        lock (_sending)
        {
            count = _sends.Count;
            if (_attempted.Length < count)
            {
                Array.Resize(ref _attempted, _sends.Capacity);
            }

            _sends.CopyTo(_attempted!);
        }

        // Not under the lock, because an attempt reads the caller's memory.
        for (int i = 0; i < count; i++)
        {
            _attempted[i]!.OnRoom();
            _attempted[i] = null;
        }
    }

    /// <summary>One sendto(2), or what goes of a batch or a run. Never waits.</summary>
    internal IoResult AttemptSend(OutgoingDatagrams outgoing)
    {
        if (_descriptor.IsClosing)
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
        return outcome.IsSuccess || !_descriptor.IsClosing ? outcome : IoResult.Ended(ChannelStatus.Closed);
    }

    /// <summary>The send waits from now on. False: the socket cannot be registered, and the send ends with the outcome.</summary>
    internal bool TryBeginPending(EpollDatagramSend operation, out IoResult outcome)
    {
        lock (_sending)
        {
            // Modifying a registration makes epoll(7) look at the socket again, so room that came since the attempt is announced. A close
            // that begins after the registration finds the send in the list.
            SocketError error = Register(EpollDescriptor.AllEvents);
            if (error != SocketError.Success)
            {
                outcome = OutcomeOf(error);
                return false;
            }

            _sends.Add(operation);
            outcome = default;
            return true;
        }
    }

    internal void EndPending(EpollDatagramSend operation)
    {
        lock (_sending)
        {
            _sends.Remove(operation);
            if (_sends.Count == 0)
            {
                _descriptor.Narrow();
            }
        }
    }

    internal void Recycle(EpollDatagramSend operation) => Volatile.Write(ref _spareSend, operation);

    private EpollDatagramSend RentSend() => Interlocked.Exchange(ref _spareSend, null) ?? new EpollDatagramSend(_descriptor, this);

    private IoResult Send(OutgoingDatagrams outgoing, TimeSpan timeout)
    {
        IoResult outcome = AttemptSend(outgoing);
        return outcome.Status == ChannelStatus.WouldBlock && timeout != TimeSpan.Zero
            ? SendWaiting(outgoing, Deadline.After(timeout))
            : outcome;
    }

    private IoResult SendWaiting(OutgoingDatagrams outgoing, Deadline deadline)
    {
        for (int pause = EpollDatagramSend.FirstPauseMilliseconds; ; pause = EpollDatagramSend.PauseAfter(pause))
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

    private void EndSends()
    {
        EpollDatagramSend[] pending;
        lock (_sending)
        {
            pending = [.. _sends];
        }

        foreach (EpollDatagramSend operation in pending)
        {
            operation.Interrupt(ChannelStatus.Closed);
        }
    }
}
