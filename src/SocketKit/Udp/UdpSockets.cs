using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;

namespace SocketKit.Udp;

/// <summary>Makes UDP sockets with their options set, and binds them.</summary>
internal static class UdpSockets
{
    public static Socket Bound(IPEndPoint local, UdpEndpointOptions options)
    {
        // The unspecified IPv6 address with DualMode means all addresses, also on a machine without IPv6.
        bool isAny = options.DualMode && local.Address.Equals(IPAddress.IPv6Any);
        IPEndPoint endPoint = isAny && !Socket.OSSupportsIPv6 ? new IPEndPoint(IPAddress.Any, local.Port) : local;
        try
        {
            return Bind(endPoint, options);
        }
        catch (SocketException exception) when (isAny && exception.SocketErrorCode is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable)
        {
            // IPv6 is compiled in but switched off (sysctl disable_ipv6).
            return Bind(new IPEndPoint(IPAddress.Any, local.Port), options);
        }
    }

    /// <summary>A socket that connect(2) will bind; its own port is an ephemeral one.</summary>
    public static Socket ForConnect(AddressFamily family, UdpEndpointOptions options)
    {
        var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            options.ApplyTo(socket);
            options.Configure?.Invoke(socket);
            return socket;
        }
        catch
        {
            // Nothing leaks when an option is refused or the caller's hook throws.
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Before bind, so that the first datagram tells, too.</summary>
    public static void AskForPacketInfo(Socket socket)
    {
        if (socket.AddressFamily == AddressFamily.InterNetworkV6)
        {
            socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.PacketInformation, true);
        }

        if (socket.AddressFamily == AddressFamily.InterNetwork || socket.DualMode)
        {
            socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.PacketInformation, true);
        }
    }

    private static Socket Bind(IPEndPoint local, UdpEndpointOptions options)
    {
        Socket? socket = null;
        bool isSetUp = false;
        try
        {
            socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = options.DualMode && local.Address.Equals(IPAddress.IPv6Any);
            }

            options.ApplyTo(socket);
            options.Configure?.Invoke(socket);
            isSetUp = true;
            socket.Bind(local);
            return socket;
        }
        catch (SocketException exception) when (socket is null || isSetUp)
        {
            // Said again with the address and the remedy, which .NET's message lacks; the descriptor does not leak.
            socket?.Dispose();
            throw Faults.Wrap(SocketOperation.Bind, exception, local.ToString());
        }
        catch
        {
            // Nothing leaks when an option is refused or the caller's hook throws.
            socket?.Dispose();
            throw;
        }
    }
}
