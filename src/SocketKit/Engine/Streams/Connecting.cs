using System.Net;
using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>Starts a connect(2) on a non-blocking socket, and repeats it.</summary>
internal static class Connecting
{
    /// <summary>
    /// A Unix listener with a full backlog refuses at once instead of queueing the connect. So it is repeated, at these intervals.
    /// </summary>
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
            // Socket has no connect without exceptions. On a non-blocking socket this exception is the normal outcome.
            return IoResult.Ended(ChannelStatus.WouldBlock);
        }
        catch (SocketException exception)
        {
            // Refused, or no route. Engines report system errors as outcomes.
            return IoResult.Failed(exception.SocketErrorCode);
        }
    }

    /// <summary>The result of a handshake, once the socket is writable.</summary>
    public static IoResult Finish(Socket socket)
    {
        var error = (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        if (error != SocketError.Success)
        {
            return IoResult.Failed(error);
        }

        // Socket reads SO_ERROR once, when an address is first read, and hides the error. This read of Connected makes it do so now.
        return socket.Connected ? default : IoResult.Failed(SocketError.ConnectionReset);
    }
}
