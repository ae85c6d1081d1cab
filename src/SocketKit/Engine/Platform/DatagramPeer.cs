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
            _isRepeated = false;
            return remote is null ? calls.Disconnect() : calls.Connect(remote);
        }
    }

    /// <summary>One sendto(2), which never waits. Null sends to the peer.</summary>
    public IoResult Send(ReadOnlySpan<byte> data, SocketAddress? to)
    {
        IoResult outcome = calls.Send(data, to);
        if (to is not null || outcome.Status != ChannelStatus.Failed)
        {
            return outcome;
        }

        if (IsPeerLost(outcome))
        {
            outcome = SendAgain(data);
        }
        else if (_isRepeated && LeaveIfShut(outcome).Error == SocketError.ConnectionRefused)
        {
            outcome = SendAgain(data);
        }

        return LeaveIfShut(outcome);
    }

    private static bool IsPeerLost(IoResult outcome) => outcome is { Status: ChannelStatus.Failed, Error: SocketError.NotConnected };

    /// <summary>
    /// A Unix datagram socket whose peer was closed loses the peer when the send reports the error (unix_dgram_sendmsg in
    /// net/unix/af_unix.c). This method connects again, to the socket that is bound at the peer's path now.
    /// </summary>
    private IoResult SendAgain(ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            // Another thread may have connected the socket meanwhile.
            IoResult outcome = calls.Send(data, null);
            if (!IsPeerLost(outcome) || _kept is not { } peer)
            {
                return outcome;
            }

            IoResult joined = calls.Connect(peer);
            return joined.IsSuccess ? calls.Send(data, null) : joined;
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
