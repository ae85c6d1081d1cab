using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SocketKit.Engine.Streams;

/// <summary>The kernel's state of a connection, where the error of a call is not the whole truth.</summary>
internal static class TcpLoss
{
    // linux/tcp.h: level IPPROTO_TCP, TCP_INFO; the first bytes of struct tcp_info.
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;
    private const int StateOffset = 0;
    private const int RetransmitsOffset = 2;
    private const int ProbesOffset = 3;
    private const int LastDataSentOffset = 44;
    private const int InfoBytes = LastDataSentOffset + sizeof(int);

    // linux/tcp.h: TCP_USER_TIMEOUT, in milliseconds.
    private const int UserTimeout = 18;

    /// <summary>The tick of the coarsest clock that a kernel is built with; both times below are counted in ticks.</summary>
    private const int TickMilliseconds = 10;

    /// <summary>net/tcp_states.h: TCP_CLOSE.</summary>
    private const byte Closed = 7;

    /// <summary>
    /// A blocking Socket.Send that fails after a part of the message reports TimedOut, whatever the error was. This method finds out
    /// whether the kernel did give up on the peer.
    /// </summary>
    public static SocketError ErrorOfBlockedSend(StreamChannel channel, SocketError reported)
    {
        if (reported != SocketError.TimedOut)
        {
            return reported;
        }

        Span<byte> info = stackalloc byte[InfoBytes];
        if (!TryRead(channel, TcpInfo, info))
        {
            return SocketError.ConnectionReset;
        }

        // On a live connection a send fails only because this side has shut its sending half down.
        return info[StateOffset] != Closed ? SocketError.Shutdown
            : info[RetransmitsOffset] > 0 || info[ProbesOffset] > 0 || IsUserTimeoutOver(channel, info) ? reported
            : SocketError.ConnectionReset;
    }

    /// <summary>Whether the connection is over in both directions, so that no call on it can wait any more.</summary>
    public static bool IsClosed(StreamChannel channel) => TryReadState(channel, out byte state) && state == Closed;

    /// <summary>Whether at least one direction is open; false also if the system does not tell.</summary>
    public static bool IsKnownToBeOpen(StreamChannel channel) => TryReadState(channel, out byte state) && state != Closed;

    private static bool TryReadState(StreamChannel channel, out byte state)
    {
        Span<byte> info = stackalloc byte[StateOffset + 1];
        bool isRead = TryRead(channel, TcpInfo, info);
        state = info[StateOffset];
        return isRead;
    }

    /// <summary>
    /// A peer that answers the probes of its closed window resets their count. But a send that waits has data to send. If none was sent
    /// for the whole user time-out, the kernel ended the connection for that reason.
    /// </summary>
    private static bool IsUserTimeoutOver(StreamChannel channel, ReadOnlySpan<byte> info)
    {
        Span<byte> timeout = stackalloc byte[sizeof(int)];
        return TryRead(channel, UserTimeout, timeout) && MemoryMarshal.Read<int>(timeout) is var limit and > 0
            && MemoryMarshal.Read<int>(info[LastDataSentOffset..]) >= limit - TickMilliseconds;
    }

    private static bool TryRead(StreamChannel channel, int option, Span<byte> value) =>
        OperatingSystem.IsLinux() && channel.TryReadOption(TcpLevel, option, value);
}
