using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Sockets;

namespace SocketKit.Tcp;

/// <summary>Makes TCP sockets with their options set: one fresh descriptor per connect attempt, and listeners.</summary>
internal static class TcpSockets
{
    public static Socket ForConnect(IPEndPoint remote, TcpClientOptions options)
    {
        var socket = new Socket(remote.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            options.ApplyTo(socket);
            options.Configure?.Invoke(socket);
            if (options.LocalEndPoint is { } local)
            {
                BindTo(socket, local);
            }

            return socket;
        }
        catch
        {
            // Nothing leaks when an option is refused, the address is in use, or the caller's hook throws.
            socket.Dispose();
            throw;
        }
    }

    public static Socket Listening(IPEndPoint local, TcpServerOptions options)
    {
        // The unspecified IPv6 address with DualMode means all addresses, also on a machine without IPv6.
        bool isAny = options.DualMode && local.Address.Equals(IPAddress.IPv6Any);
        IPEndPoint endPoint = isAny && !Socket.OSSupportsIPv6 ? new IPEndPoint(IPAddress.Any, local.Port) : local;
        try
        {
            return Open(endPoint, options);
        }
        catch (SocketException exception) when (isAny && exception.SocketErrorCode is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable)
        {
            // IPv6 is compiled in but switched off (sysctl disable_ipv6).
            return Open(new IPEndPoint(IPAddress.Any, local.Port), options);
        }
    }

    private static Socket Open(IPEndPoint local, TcpServerOptions options)
    {
        var socket = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = options.DualMode;
            }

            options.ApplyTo(socket);
            AddressReuse.BeforeBind(socket, options.ReusePort);
            options.Configure?.Invoke(socket);
            Listen(socket, local, options);
            return socket;
        }
        catch
        {
            // Nothing leaks when an option is refused, the address is in use, or the caller's hook throws.
            socket.Dispose();
            throw;
        }
    }

    private static void Listen(Socket socket, IPEndPoint local, TcpServerOptions options)
    {
        try
        {
            socket.Bind(local);
            AddressReuse.AfterBind(socket, options.ReuseAddress);
            socket.Listen(options.Backlog);
        }
        catch (SocketException exception)
        {
            // Said again with the address and the remedy, which .NET's message lacks.
            throw Faults.Wrap(SocketOperation.Listen, exception, local.ToString());
        }
    }

    private static void BindTo(Socket socket, IPEndPoint local)
    {
        try
        {
            socket.Bind(local);
        }
        catch (SocketException exception)
        {
            // Said again with the local address: of a connect one would look at the remote one.
            throw Faults.Wrap(SocketOperation.Bind, exception, local.ToString());
        }
    }
}
