using System.Net;
using System.Net.Sockets;
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
            IoResult outcome = _calls.Send(data, to);
            if (to is null && IsPeerLost(outcome))
            {
                outcome = SendAgain(data);
            }

            if (to is null && outcome is { Status: ChannelStatus.Failed, Error: SocketError.Shutdown })
            {
                outcome = LeavePeer(outcome);
            }

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

    private static bool IsPeerLost(IoResult outcome) => outcome is { Status: ChannelStatus.Failed, Error: SocketError.NotConnected };

    /// <summary>
    /// A Unix datagram socket whose peer was closed loses the peer when the send reports the error (unix_dgram_sendmsg in
    /// net/unix/af_unix.c). This method connects again, to the socket that is bound at the peer's path now.
    /// </summary>
    private IoResult SendAgain(ReadOnlySpan<byte> data)
    {
        lock (_peerLock)
        {
            // Another thread may have connected the socket meanwhile.
            IoResult outcome = _calls.Send(data, null);
            if (!IsPeerLost(outcome) || _keptPeer is not { } peer)
            {
                return outcome;
            }

            IoResult joined = _calls.Connect(peer);
            return joined.IsSuccess ? _calls.Send(data, null) : joined;
        }
    }

    /// <summary>
    /// A Unix peer that has shut down receiving is being closed, and send(2) reports EPIPE until its last descriptor is gone. This method
    /// drops it, as the kernel does once the peer is closed, so that the next send connects again.
    /// </summary>
    private IoResult LeavePeer(IoResult outcome)
    {
        lock (_peerLock)
        {
            if (_keptPeer is null)
            {
                return outcome;
            }

            _calls.Disconnect();
            return IoResult.Failed(SocketError.ConnectionRefused);
        }
    }

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
