using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>What the kernel says of a connection where the error that a call reports is not the whole truth.</summary>
internal static class TcpState
{
    // linux/tcp.h: level IPPROTO_TCP, TCP_INFO; the first bytes of struct tcp_info.
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;
    private const int StateOffset = 0;
    private const int RetransmitsOffset = 2;
    private const int ProbesOffset = 3;

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

        Span<byte> info = stackalloc byte[ProbesOffset + 1];
        return TryRead(socket, info) && (info[RetransmitsOffset] > 0 || info[ProbesOffset] > 0) ? reported : SocketError.ConnectionReset;
    }

    /// <summary>Whether the connection is over in both directions, so that no call on it can wait any more.</summary>
    public static bool IsClosed(Socket socket)
    {
        Span<byte> info = stackalloc byte[ProbesOffset + 1];
        return TryRead(socket, info) && info[StateOffset] == Closed;
    }

    private static bool TryRead(Socket socket, Span<byte> info)
    {
        if (!OperatingSystem.IsLinux())
        {
            return false;
        }

        try
        {
            return socket.GetRawSocketOption(TcpLevel, TcpInfo, info) == info.Length;
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
