using System.Net.Sockets;
using SocketKit.Sockets.Options;

namespace SocketKit.Tcp;

/// <summary>Reads and writes the TCP options that connections and option classes share.</summary>
internal static class TcpSettings
{
    private const int MostLingerSeconds = ushort.MaxValue;

    private static readonly SocketOption<TimeSpan> s_userTimeout = new(OptionTable.UserTimeout, OptionFormat.Milliseconds);

    public static TcpKeepAlive? GetKeepAlive(Socket socket) => GetInt(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive) == 0
        ? null
        : new TcpKeepAlive(
            TimeSpan.FromSeconds(GetInt(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)),
            TimeSpan.FromSeconds(GetInt(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval)),
            GetInt(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount));

    public static void SetKeepAlive(Socket socket, TcpKeepAlive? keepAlive)
    {
        if (keepAlive is { } probes)
        {
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, (int)probes.Idle.TotalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, (int)probes.Interval.TotalSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, probes.Probes);
        }

        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, keepAlive is not null);
    }

    public static TimeSpan? GetUserTimeout(Socket socket)
    {
        if (!s_userTimeout.IsSupported)
        {
            return null;
        }

        TimeSpan timeout = s_userTimeout.GetFrom(socket);
        return timeout == TimeSpan.Zero ? null : timeout;
    }

    public static void SetUserTimeout(Socket socket, TimeSpan? timeout)
    {
        // The kernel counts milliseconds; what is finer is cut off.
        long milliseconds = (timeout ?? TimeSpan.Zero).Ticks / TimeSpan.TicksPerMillisecond;
        s_userTimeout.SetOn(socket, TimeSpan.FromMilliseconds(milliseconds));
    }

    public static TimeSpan? GetLinger(Socket socket) =>
        socket.LingerState is { Enabled: true } linger ? TimeSpan.FromSeconds(linger.LingerTime) : null;

    public static void SetLinger(Socket socket, TimeSpan? linger) =>
        socket.LingerState = new LingerOption(linger is not null, (int)(linger ?? TimeSpan.Zero).TotalSeconds);

    public static void CheckLinger(TimeSpan linger, string name)
    {
        if (linger < TimeSpan.Zero || linger.TotalSeconds > MostLingerSeconds || linger.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            throw new ArgumentOutOfRangeException(name, linger, $"A linger time is whole seconds, 0 to {MostLingerSeconds}.");
        }
    }

    public static void CheckUserTimeout(TimeSpan timeout, TcpKeepAlive? keepAlive, string name)
    {
        if (timeout.TotalMilliseconds is < 1 or > int.MaxValue)
        {
            throw new ArgumentOutOfRangeException(name, timeout, "A user time-out is 1 ms to 24 days.");
        }

        if (keepAlive is { } probes && timeout < probes.TimeToGiveUp)
        {
            throw new ArgumentException(
                $"UserTimeout ({timeout}) is below keep-alive's idle + interval × probes ({probes.TimeToGiveUp}). The kernel would let it override keep-alive.", name);
        }
    }

    private static int GetInt(Socket socket, SocketOptionLevel level, SocketOptionName name) => (int)socket.GetSocketOption(level, name)!;
}
