using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SocketKit.Engine.Streams;

/// <summary>What the kernel says of a connection where the error that a call reports is not the whole truth.</summary>
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

    /// <summary>The coarsest clock that a kernel is built with ticks this often, and both times below are counted in its ticks.</summary>
    private const int TickMilliseconds = 10;

    /// <summary>net/tcp_states.h: TCP_CLOSE.</summary>
    private const byte Closed = 7;

    /// <summary>
    /// A blocking Socket.Send that meets an error after a part of the message reports TimedOut, whatever the error was, and swallows it.
    /// This finds out whether the kernel did give up on the peer.
    /// </summary>
    public static SocketError ErrorOfBlockedSend(Socket socket, SocketError reported)
    {
        if (reported != SocketError.TimedOut)
        {
            return reported;
        }

        Span<byte> info = stackalloc byte[InfoBytes];
        return TryRead(socket, TcpInfo, info) && (info[RetransmitsOffset] > 0 || info[ProbesOffset] > 0 || IsUserTimeoutOver(socket, info))
            ? reported
            : SocketError.ConnectionReset;
    }

    /// <summary>Whether the connection is over in both directions, so that no call on it can wait any more.</summary>
    public static bool IsClosed(Socket socket)
    {
        Span<byte> info = stackalloc byte[StateOffset + 1];
        return TryRead(socket, TcpInfo, info) && info[StateOffset] == Closed;
    }

    /// <summary>
    /// A peer that answers the probes of its closed window resets their count. But a send that waits has data to send, and if none went for
    /// the whole user time-out, it was the kernel that ended the connection.
    /// </summary>
    private static bool IsUserTimeoutOver(Socket socket, ReadOnlySpan<byte> info)
    {
        Span<byte> timeout = stackalloc byte[sizeof(int)];
        return TryRead(socket, UserTimeout, timeout) && MemoryMarshal.Read<int>(timeout) is var limit and > 0
            && MemoryMarshal.Read<int>(info[LastDataSentOffset..]) >= limit - TickMilliseconds;
    }

    private static bool TryRead(Socket socket, int option, Span<byte> value)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            return socket.GetRawSocketOption(TcpLevel, option, value) == value.Length;
        }
        catch (SocketException)
        {
            // A Unix socket has no such option.
            return false;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: the caller notices that itself.
            return false;
        }
    }
}
