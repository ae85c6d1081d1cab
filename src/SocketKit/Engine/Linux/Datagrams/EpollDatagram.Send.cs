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

        EpollDatagramSend operation = Interlocked.Exchange(ref _spareSend, null) ?? new EpollDatagramSend(_descriptor, this);
        return operation.Start(data, to, timeout, cancellationToken);
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

    /// <summary>One sendto(2), which never waits.</summary>
    internal IoResult AttemptSend(ReadOnlySpan<byte> data, SocketAddress? to)
    {
        if (_descriptor.IsClosing)
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

            return _descriptor.IsClosing ? IoResult.Ended(ChannelStatus.Closed) : outcome;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            return IoResult.Ended(ChannelStatus.Closed);
        }
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

    private IoResult SendWaiting(ReadOnlySpan<byte> data, SocketAddress? to, Deadline deadline)
    {
        for (int pause = EpollDatagramSend.FirstPauseMilliseconds; ; pause = EpollDatagramSend.PauseAfter(pause))
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
