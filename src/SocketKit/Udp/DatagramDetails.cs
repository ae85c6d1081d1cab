using System.Net.Sockets;
using System.Runtime.InteropServices;
using SocketKit.Sockets.Options;

namespace SocketKit.Udp;

/// <summary>Asks the kernel to tell more of each datagram: traffic class, TTL, time, and what went wrong with it. Linux only.</summary>
internal static class DatagramDetails
{
    // bits/in.h: IPPROTO_IP, IP_RECVTOS, IP_RECVTTL, IP_RECVERR; IPPROTO_IPV6, IPV6_RECVHOPLIMIT,
    // IPV6_RECVTCLASS, IPV6_RECVERR. asm-generic/socket.h: SOL_SOCKET, SO_TIMESTAMPNS_OLD.
    private const int IPLevel = 0;
    private const int ReceiveTos = 13;
    private const int ReceiveTtl = 12;
    private const int ReceiveErrors = 11;
    private const int IPv6Level = 41;
    private const int ReceiveErrors6 = 25;
    private const int ReceiveHopLimit = 51;
    private const int ReceiveTrafficClass = 66;
    private const int SocketLevel = 1;
    private const int TimestampNanoseconds = 35;

    /// <summary>Call it before bind(2), so that the first datagram carries the information, too.</summary>
    public static void Ask(Socket socket, bool ecn, bool ttl, bool timestamp)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        if (ecn && socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            PlainOption.Set(socket, "IPV6_RECVTCLASS", true, static (socket, _) => TurnOn(socket, IPv6Level, ReceiveTrafficClass));
        }

        if (ecn && (socket.AddressFamily == AddressFamily.InterNetwork || socket.DualMode))
        {
            PlainOption.Set(socket, "IP_RECVTOS", true, static (socket, _) => TurnOn(socket, IPLevel, ReceiveTos));
        }

        if (ttl && socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            PlainOption.Set(socket, "IPV6_RECVHOPLIMIT", true, static (socket, _) => TurnOn(socket, IPv6Level, ReceiveHopLimit));
        }

        if (ttl && (socket.AddressFamily == AddressFamily.InterNetwork || socket.DualMode))
        {
            PlainOption.Set(socket, "IP_RECVTTL", true, static (socket, _) => TurnOn(socket, IPLevel, ReceiveTtl));
        }

        if (timestamp)
        {
            PlainOption.Set(socket, "SO_TIMESTAMPNS", true, static (socket, _) => TurnOn(socket, SocketLevel, TimestampNanoseconds));
        }
    }

    /// <summary>IP_RECVERR and IPV6_RECVERR.</summary>
    public static void AskForErrors(Socket socket)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            PlainOption.Set(socket, "IPV6_RECVERR", true, static (socket, _) => TurnOn(socket, IPv6Level, ReceiveErrors6));
        }

        if (socket.AddressFamily == AddressFamily.InterNetwork || socket.DualMode)
        {
            PlainOption.Set(socket, "IP_RECVERR", true, static (socket, _) => TurnOn(socket, IPLevel, ReceiveErrors));
        }
    }

    private static void TurnOn(Socket socket, int level, int option)
    {
        int value = 1;
        socket.SetRawSocketOption(level, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));
    }
}
