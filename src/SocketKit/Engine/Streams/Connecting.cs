using System.Net;
using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>Beginning a connect(2) on a non-blocking socket, and beginning it again.</summary>
internal static class Connecting
{
    /// <summary>A Unix listener whose backlog is full refuses at once instead of queueing us; so we come back, at these intervals.</summary>
    public const int FirstRetryMilliseconds = 1;

    private const int LongestRetryMilliseconds = 10;

    public static int NextRetry(int pause) => Math.Min(pause * 2, LongestRetryMilliseconds);

    /// <summary>connect(2). WouldBlock: the handshake is under way, or the backlog of a Unix listener is full.</summary>
    public static IoResult Start(Socket socket, EndPoint remote)
    {
        try
        {
            socket.Connect(remote);
            return default;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Socket has no connect without exceptions; on a non-blocking socket this one is no failure.
            return IoResult.Ended(ChannelStatus.WouldBlock);
        }
        catch (SocketException exception)
        {
            // Refused, or no route. To the engines the system's errors are outcomes.
            return IoResult.Failed(exception.SocketErrorCode);
        }
    }

    /// <summary>How a handshake has ended, once the socket is writable.</summary>
    public static IoResult Finish(Socket socket)
    {
        var error = (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        if (error != SocketError.Success)
        {
            return IoResult.Failed(error);
        }

        // .NET reads SO_ERROR once itself, at the first look at an address, and keeps to itself what it finds; so it looks now.
        return socket.Connected ? default : IoResult.Failed(SocketError.ConnectionReset);
    }
}
