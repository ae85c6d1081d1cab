using SocketKit.Engine;

namespace SocketKit.Sockets.Limits;

/// <summary>
/// What the sweep remembers of one connection: what had moved at its last look, and for how many looks nothing has moved since. Only the
/// sweep uses it. Not to be copied.
/// </summary>
internal struct ConnectionWatch
{
    /// <summary>No count of bytes. The first look begins to count, so that no limit passes early.</summary>
    private const long NotSeen = long.MinValue;

    /// <summary>The bytes that had moved; while a send waits, the complement of those that the kernel had taken.</summary>
    private long _moved = NotSeen;
    private int _unsent;
    private int _quietLooks;

    public ConnectionWatch()
    {
    }

    /// <summary>Looks once. Returns the reason to close the connection for, or none.</summary>
    /// <remarks>
    /// While a send waits only its progress counts, because a peer that sends but never reads holds the memory of what it does not read.
    /// Otherwise a byte in either direction counts.
    /// </remarks>
    public CloseReason Look(StreamChannel channel, TimeLimits limits)
    {
        bool isSending = channel.IsSending;
        long moved = isSending ? ~channel.BytesTaken : channel.BytesSent + channel.BytesReceived;
        if (moved != _moved)
        {
            _moved = moved;
            return Restart(isSending ? channel.UnsentBytes : 0);
        }

        if (isSending && limits.Stall != TimeLimits.Never && channel.UnsentBytes is var unsent && unsent != _unsent)
        {
            // The peer has taken some, but not enough for the kernel to take more: it waits until a third of its buffer is free.
            return Restart(unsent);
        }

        _quietLooks = Math.Min(_quietLooks + 1, TimeLimits.Never - 1);
        return isSending ? LookAtSend(channel, limits) : LookAtIdle(channel, limits, hasMoved: moved > 0);
    }

    private CloseReason LookAtSend(StreamChannel channel, TimeLimits limits)
    {
        if (_quietLooks < limits.Stall)
        {
            return CloseReason.None;
        }

        // Room in the kernel: the send waits for something of this process, such as a file or a thread, and not for the peer.
        return channel.WaitWritable(TimeSpan.Zero) ? Restart(_unsent) : CloseReason.SlowPeer;
    }

    private CloseReason LookAtIdle(StreamChannel channel, TimeLimits limits, bool hasMoved)
    {
        if (_quietLooks < (hasMoved ? limits.Idle : limits.FirstByte))
        {
            return CloseReason.None;
        }

        // Bytes that the handler has not read yet: the peer is not idle.
        return channel.UnreadBytes > 0 ? Restart(0) : CloseReason.IdleTimeout;
    }

    private CloseReason Restart(int unsent)
    {
        (_unsent, _quietLooks) = (unsent, 0);
        return CloseReason.None;
    }
}
