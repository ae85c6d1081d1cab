using System.Net.Sockets;

namespace SocketKit.Engine.Portable;

/// <summary>
/// A blocking Socket.Send that meets an error after a part of the message reports TimedOut, whatever the error was, and swallows it.
/// This finds out whether the kernel did give up on the peer.
/// </summary>
internal static class BlockedSendError
{
    // linux/tcp.h: level IPPROTO_TCP, TCP_INFO; the third and fourth byte of struct tcp_info.
    private const int TcpLevel = 6;
    private const int TcpInfo = 11;
    private const int RetransmitsOffset = 2;
    private const int ProbesOffset = 3;

    public static SocketError Of(Socket socket, SocketError reported) =>
        reported == SocketError.TimedOut && !HasUnansweredPackets(socket) ? SocketError.ConnectionReset : reported;

    private static bool HasUnansweredPackets(Socket socket)
    {
        Span<byte> info = stackalloc byte[ProbesOffset + 1];
        try
        {
            socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
            return info[RetransmitsOffset] > 0 || info[ProbesOffset] > 0;
        }
        catch (SocketException)
        {
            // A Unix socket has no such option, and no packets that could stay unanswered.
            return false;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: the caller notices that itself.
            return false;
        }
    }
}
