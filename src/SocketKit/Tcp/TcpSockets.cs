using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Sockets;

namespace SocketKit.Tcp;

/// <summary>Makes and configures TCP sockets: one per connect attempt, and listeners.</summary>
internal static class TcpSockets
{
    public static void PrepareForConnect(Socket socket, TcpClientOptions options)
    {
        try
        {
            options.ApplyTo(socket);
            options.RunConfigure(socket);
            if (options.LocalEndPoint is { } local)
            {
                LocalBinding.Bind(socket, local);
            }
        }
        catch
        {
            // The descriptor must not leak when an option or the address is refused, or Configure throws.
            socket.Dispose();
            throw;
        }
    }

    public static Socket Listening(IPEndPoint local, TcpServerOptions options) => LocalBinding.Open(local, options.DualMode, options, Open);

    private static Socket Open(IPEndPoint local, TcpServerOptions options)
    {
        Socket socket = SystemSocket.OpenFor(SocketOperation.Listen, local, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (local.AddressFamily == AddressFamily.InterNetworkV6)
            {
                DualMode.Set(socket, options.DualMode);
            }

            options.ApplyTo(socket);
            AddressReuse.BeforeBind(socket, options.ReusePort);
            options.RunConfigure(socket);
            Listen(socket, local, options);
            return socket;
        }
        catch
        {
            // The descriptor must not leak when an option or the address is refused, or Configure throws.
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
            // .NET's message has neither the address nor the remedy.
            throw Faults.Wrap(SocketOperation.Listen, exception, local, IPv6Support.WhyNot(exception.SocketErrorCode, local.Address));
        }
    }
}
