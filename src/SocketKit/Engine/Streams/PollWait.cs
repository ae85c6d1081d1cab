using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>poll(2) with a deadline, for calls that block their own thread.</summary>
internal static class PollWait
{
    /// <summary>Socket.Poll takes microseconds in an int, so longer waits are split into chunks.</summary>
    public const int LongestMilliseconds = 2_000_000;

    /// <summary>The length of one poll of a wait that no shutdown would wake.</summary>
    public const int LookUpMilliseconds = 50;

    /// <summary>The pause after a poll that says "not ready" at once because of a pending error; without it the wait would spin.</summary>
    private const int SpinGuardMilliseconds = 1;

    /// <summary>
    /// Waits until the socket may be ready, at most one chunk. False if the deadline has passed; true asks for another attempt.
    /// </summary>
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
