using System.Net.Sockets;
using SocketKit.Sockets.Options;

namespace SocketKit.Tcp;

/// <summary>Gets and sets the TCP options that connections and option classes share.</summary>
internal static class TcpSettings
{
    private const int MostLingerSeconds = ushort.MaxValue;

    private static readonly SocketOption<TimeSpan> s_userTimeout = new(OptionTable.UserTimeout, OptionFormat.Milliseconds);

    public static string NoDelayName => "TCP_NODELAY";

    public static string KeepAliveName => "SO_KEEPALIVE";

    public static string LingerName => "SO_LINGER";

    public static bool GetNoDelay(Socket socket, SocketBase? owner = null) =>
        PlainOption.Get(socket, NoDelayName, static socket => socket.NoDelay, owner);

    public static void SetNoDelay(Socket socket, bool on, SocketBase? owner = null) =>
        PlainOption.Set(socket, NoDelayName, on, static (socket, on) => socket.NoDelay = on, owner);

    public static TcpKeepAlive? GetKeepAlive(Socket socket, SocketBase? owner = null) =>
        PlainOption.Get(socket, KeepAliveName, ReadKeepAlive, owner);

    public static void SetKeepAlive(Socket socket, TcpKeepAlive? keepAlive, SocketBase? owner = null)
    {
        if (keepAlive is { } probes)
        {
            PlainOption.Set(socket, "TCP_KEEPIDLE", (int)probes.Idle.TotalSeconds, static (socket, seconds) =>
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds), owner);
            PlainOption.Set(socket, "TCP_KEEPINTVL", (int)probes.Interval.TotalSeconds, static (socket, seconds) =>
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, seconds), owner);
            PlainOption.Set(socket, "TCP_KEEPCNT", probes.Probes, static (socket, count) =>
                socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, count), owner);
        }

        PlainOption.Set(socket, KeepAliveName, keepAlive is not null, static (socket, on) =>
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, on), owner);
    }

    public static TimeSpan? GetUserTimeout(Socket socket, SocketBase? owner = null)
    {
        if (!s_userTimeout.IsSupported)
        {
            return null;
        }

        TimeSpan timeout = s_userTimeout.Get(socket, owner);
        return timeout == TimeSpan.Zero ? null : timeout;
    }

    public static void SetUserTimeout(Socket socket, TimeSpan? timeout, SocketBase? owner = null)
    {
        // The kernel counts milliseconds, so the value is rounded down.
        long milliseconds = (timeout ?? TimeSpan.Zero).Ticks / TimeSpan.TicksPerMillisecond;
        s_userTimeout.Set(socket, TimeSpan.FromMilliseconds(milliseconds), owner);
    }

    public static TimeSpan? GetLinger(Socket socket, SocketBase? owner = null) =>
        PlainOption.Get(socket, LingerName, static socket => socket.LingerState, owner) is { Enabled: true } linger
            ? TimeSpan.FromSeconds(linger.LingerTime)
            : null;

    public static void SetLinger(Socket socket, TimeSpan? linger, SocketBase? owner = null) =>
        PlainOption.Set(socket, LingerName, linger, static (socket, time) =>
            socket.LingerState = new LingerOption(time is not null, (int)(time ?? TimeSpan.Zero).TotalSeconds), owner);

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
                $"UserTimeout ({timeout}) is below keep-alive's idle + interval × probes ({probes.TimeToGiveUp}). "
                + "The kernel would let it override keep-alive.",
                name);
        }
    }

    private static TcpKeepAlive? ReadKeepAlive(Socket socket) => GetInt(socket, SocketOptionLevel.Socket, SocketOptionName.KeepAlive) == 0
        ? null
        : new TcpKeepAlive(
            TimeSpan.FromSeconds(GetInt(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime)),
            TimeSpan.FromSeconds(GetInt(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval)),
            GetInt(socket, SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount));

    private static int GetInt(Socket socket, SocketOptionLevel level, SocketOptionName name) => (int)socket.GetSocketOption(level, name)!;
}
