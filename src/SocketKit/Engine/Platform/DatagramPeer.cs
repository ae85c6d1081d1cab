using System.Net;
using System.Net.Sockets;

namespace SocketKit.Engine.Platform;

/// <summary>
/// The peer of one datagram socket: sends to it, and connects again where the kernel has dropped it. Shared by the engines. Every member
/// but <see cref="Keep"/> throws <see cref="ObjectDisposedException"/> on a closed socket.
/// </summary>
internal sealed class DatagramPeer(DatagramCalls calls)
{
    private readonly Lock _lock = new();
    private SocketAddress? _kept;
    private volatile bool _isRepeated;

    /// <summary>An ICMP error that a batch or a run has met after its first datagram; 0 is none. The next send reports it.</summary>
    private int _held;

    /// <summary>See <see cref="DatagramChannel.KeepPeer"/>.</summary>
    public void Keep(SocketAddress? remote, bool repeat)
    {
        lock (_lock)
        {
            _kept = remote;
            _isRepeated = repeat;
        }
    }

    /// <summary>connect(2). Null removes the peer.</summary>
    public IoResult Change(SocketAddress? remote)
    {
        // The lock keeps a send that finds no peer from connecting to the old one afterwards.
        lock (_lock)
        {
            _kept = null;
            _held = 0;
            _isRepeated = false;
            return remote is null ? calls.Disconnect() : calls.Connect(remote);
        }
    }

    /// <summary>One attempt, which never waits.</summary>
    public IoResult Send(OutgoingDatagrams outgoing)
    {
        if (_held != 0 && Interlocked.Exchange(ref _held, 0) is var held and not 0)
        {
            return IoResult.Failed((SocketError)held);
        }

        IoResult outcome = Attempt(outgoing);
        if (!IsToPeer(outgoing))
        {
            return outcome;
        }

        if (IsPeerLost(outcome) || (_isRepeated && LeaveIfShut(outcome).Error == SocketError.ConnectionRefused))
        {
            outcome = SendAgain(outgoing);
        }

        if (outgoing.Batch is { Gone: > 0 } batch && outcome.Error == SocketError.MessageSize)
        {
            outcome = SendPastAnswer(outgoing, batch);
        }

        if (outgoing.Gone > 0 && IsAboutEarlier(outcome.Error))
        {
            // The kernel reports it once, and this call reports what went.
            Volatile.Write(ref _held, (int)outcome.Error);
        }

        return LeaveIfShut(outcome);
    }

    private IoResult Attempt(OutgoingDatagrams outgoing) =>
        outgoing.IsRun ? calls.SendSegments(outgoing.Data, outgoing.Target.To, ref outgoing.Run)
        : outgoing.Batch is { } batch ? calls.SendBatch(batch)
        : calls.Send(outgoing.Data, outgoing.Target);

    /// <summary>Whether the datagram goes to the peer; of a batch, the first one that is left.</summary>
    private static bool IsToPeer(OutgoingDatagrams outgoing) =>
        outgoing.Batch is { } batch ? batch.Count > 0 && batch.TargetOf(batch.First) is null : outgoing.Target.To is null;

    /// <summary>Whether an error may be the ICMP answer to an earlier datagram (icmp_err_convert in net/ipv4/icmp.c).</summary>
    private static bool IsAboutEarlier(SocketError error) => error is SocketError.ConnectionRefused or SocketError.HostUnreachable
        or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.ProtocolOption;

    /// <summary>
    /// After MessageSize within a batch: either the first datagram that is left is too long, or a router has said so of one that went.
    /// The kernel reports the latter once, and the next attempt sends.
    /// </summary>
    private IoResult SendPastAnswer(OutgoingDatagrams outgoing, DatagramBatch batch)
    {
        int gone = batch.Gone;
        IoResult outcome = Attempt(outgoing);
        if (batch.Gone > gone || outcome.Error != SocketError.MessageSize)
        {
            Volatile.Write(ref _held, (int)SocketError.MessageSize);
        }

        return outcome;
    }

    private static bool IsPeerLost(IoResult outcome) => outcome is { Status: ChannelStatus.Failed, Error: SocketError.NotConnected };

    /// <summary>
    /// A Unix datagram socket whose peer was closed loses the peer when the send reports the error (unix_dgram_sendmsg in
    /// net/unix/af_unix.c). This method connects again, to the socket that is bound at the peer's path now.
    /// </summary>
    private IoResult SendAgain(OutgoingDatagrams outgoing)
    {
        lock (_lock)
        {
            // Another thread may have connected the socket meanwhile.
            IoResult outcome = Attempt(outgoing);
            if (!IsPeerLost(outcome) || _kept is not { } peer)
            {
                return outcome;
            }

            IoResult joined = calls.Connect(peer);
            return joined.IsSuccess ? Attempt(outgoing) : joined;
        }
    }

    /// <summary>
    /// A Unix peer that has shut down receiving is being closed, and send(2) reports EPIPE until its last descriptor is gone. This method
    /// drops it, as the kernel does once the peer is closed, so that the next send connects again.
    /// </summary>
    private IoResult LeaveIfShut(IoResult outcome)
    {
        if (outcome is not { Status: ChannelStatus.Failed, Error: SocketError.Shutdown })
        {
            return outcome;
        }

        lock (_lock)
        {
            if (_kept is null)
            {
                return outcome;
            }

            calls.Disconnect();
            return IoResult.Failed(SocketError.ConnectionRefused);
        }
    }
}
