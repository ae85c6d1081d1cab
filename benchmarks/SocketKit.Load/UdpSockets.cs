using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SocketKit.Load;

/// <summary>Opens datagram sockets the same way for all commands.</summary>
internal static class UdpSockets
{
    public const int LongestDatagram = 65536;

    /// <summary>As large as the system allows, so that a burst is not lost in a small queue.</summary>
    public const int QueueBytes = 4 << 20;

    /// <summary>UIO_MAXIOV (linux/uio.h): what sendmmsg(2) takes in one call.</summary>
    public const int MostInBatch = 1024;

    /// <summary>SOL_SOCKET and SO_MEMINFO (asm-generic/socket.h).</summary>
    private const int SocketLevel = 1;

    private const int MemoryInfo = 55;

    /// <summary>SK_MEMINFO_VARS and SK_MEMINFO_DROPS (linux/sock_diag.h).</summary>
    private const int MemoryInfoValues = 9;

    private const int MemoryInfoDrops = 8;

    public static UdpEndpointOptions Options(Arguments arguments) => new()
    {
        Engine = arguments.Engine,
        ReceiveBufferSize = QueueBytes,
        SendBufferSize = QueueBytes,
    };

    /// <summary>With the same queues as <see cref="Options"/>.</summary>
    public static Socket Plain(AddressFamily family) => new(family, SocketType.Dgram, ProtocolType.Udp)
    {
        ReceiveBufferSize = QueueBytes,
        SendBufferSize = QueueBytes,
    };

    /// <summary>The datagrams that the kernel has dropped in front of a plain socket; 0 where it does not tell.</summary>
    public static long DroppedBefore(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return 0;
        }

        Span<byte> values = stackalloc byte[MemoryInfoValues * sizeof(uint)];
        return socket.GetRawSocketOption(SocketLevel, MemoryInfo, values) == values.Length
            ? MemoryMarshal.Cast<byte, uint>(values)[MemoryInfoDrops]
            : 0;
    }
}
