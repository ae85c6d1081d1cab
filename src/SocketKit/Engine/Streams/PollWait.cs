using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>poll(2) with a deadline, for calls that block their own thread.</summary>
internal static class PollWait
{
    /// <summary>Socket.Poll takes microseconds in an int, so longer waits are cut into chunks.</summary>
    public const int LongestMilliseconds = 2_000_000;

    /// <summary>How often a wait looks up that no shutdown would wake.</summary>
    public const int LookUpMilliseconds = 50;

    /// <summary>How long to step back when a poll says "not ready" because of a pending error, which would make us spin.</summary>
    private const int SpinGuardMilliseconds = 1;

    /// <summary>Waits until the socket may be ready, at most one chunk. False when the deadline has passed; true asks for another attempt.</summary>
    /// <remarks>The boolean of Socket.Poll is not trusted: it is false at once on a pending error (dotnet/runtime#78188).</remarks>
    public static bool Until(Socket socket, SelectMode mode, Deadline deadline, int chunkMilliseconds = LongestMilliseconds)
    {
        int milliseconds = deadline.NextWaitMilliseconds();
        if (milliseconds == 0)
        {
            return false;
        }

        if (!Poll(socket, mode, milliseconds, chunkMilliseconds) && !deadline.HasPassed && HasError(socket))
        {
            Thread.Sleep(SpinGuardMilliseconds);
        }

        return true;
    }

    /// <summary>Whether the socket is ready, or has an error to report, within the time-out.</summary>
    public static bool IsReady(Socket socket, SelectMode mode, Deadline deadline, int chunkMilliseconds = LongestMilliseconds)
    {
        int milliseconds = deadline.NextWaitMilliseconds();
        return Poll(socket, mode, milliseconds, chunkMilliseconds) || HasError(socket);
    }

    private static bool Poll(Socket socket, SelectMode mode, int milliseconds, int chunkMilliseconds)
    {
        int wait = milliseconds < 0 ? chunkMilliseconds : Math.Min(milliseconds, chunkMilliseconds);
        if (wait > 0)
        {
            BlockingWait.Announce();
        }

        return socket.Poll(wait * 1000, mode);
    }

    private static bool HasError(Socket socket) => socket.Poll(0, SelectMode.SelectError);
}
