using System.Buffers.Binary;
using System.Net.Sockets;

namespace SocketKit.Tcp;

/// <summary>Reads and writes the TCP options that connections and option classes share.</summary>
internal static class TcpSettings
{
    private const int MostLingerSeconds = ushort.MaxValue;

    // linux/tcp.h: level IPPROTO_TCP, TCP_USER_TIMEOUT in milliseconds.
    private const int TcpLevel = 6;
    private const int TcpUserTimeout = 18;

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
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }

        Span<byte> value = stackalloc byte[sizeof(int)];
        socket.GetRawSocketOption(TcpLevel, TcpUserTimeout, value);
        int milliseconds = BinaryPrimitives.ReadInt32LittleEndian(value);
        return milliseconds == 0 ? null : TimeSpan.FromMilliseconds(milliseconds);
    }

    public static void SetUserTimeout(Socket socket, TimeSpan? timeout)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("TCP_USER_TIMEOUT is available on Linux only.");
        }

        Span<byte> value = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(value, (int)(timeout ?? TimeSpan.Zero).TotalMilliseconds);
        socket.SetRawSocketOption(TcpLevel, TcpUserTimeout, value);
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
