using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Errors;
using SocketKit.Sockets.Options;

namespace SocketKit.Sockets;

/// <summary>Checks a socket that was made elsewhere before it is wrapped. The ArgumentException names the caller's own parameter.</summary>
internal static class Adoption
{
    /// <summary>Copies and checks the options of a FromSocket call. Null stays null: then no option of the socket is changed.</summary>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public static TOptions? Snapshot<TOptions>(TOptions? options)
        where TOptions : SocketOptions, new() => options is null ? null : SocketOptions.Snapshot(options);

    public static SocketEngine EngineOf(SocketOptions? options) => options?.EngineOrDefault ?? SocketEngine.Default;

    /// <summary>Logs that a connection was made from a socket.</summary>
    public static TConnection Logged<TConnection>(TConnection connection, SocketOptions? options)
        where TConnection : StreamConnection
    {
        if (options?.LoggerFactory is not null)
        {
            ILogger logger = options.CreateLogger($"SocketKit.{typeof(TConnection).Name}");
            if (logger.IsEnabled(LogLevel.Debug))
            {
                Log.ConnectionWrapped(logger, connection.Id, Log.Name(connection.LocalEndPoint), Log.Name(connection.RemoteEndPoint));
            }
        }

        return connection;
    }

    public static void CheckConnected(Socket socket, string name, SocketType type, string kind, params ReadOnlySpan<AddressFamily> families)
    {
        Check(socket, name, type, kind, families);
        if (!HasPeer(socket))
        {
            throw new ArgumentException("The socket is not connected.", name);
        }

        SetCloseOnExec(socket);
    }

    public static void CheckListening(
        Socket socket, string name, SocketType type, string kind, params ReadOnlySpan<AddressFamily> families)
    {
        Check(socket, name, type, kind, families);
        if (PlainOption.Get(socket, "SO_ACCEPTCONN", IsListening) == 0)
        {
            throw new ArgumentException("The socket does not listen.", name);
        }

        SetCloseOnExec(socket);
    }

    /// <summary>Sets FD_CLOEXEC, so that child processes do not inherit the descriptor.</summary>
    public static void SetCloseOnExec(Socket socket)
    {
        try
        {
            Descriptors.SetCloseOnExec(socket);
        }
        catch (SocketException exception)
        {
            // The system's message does not say what the call was for.
            throw Faults.Wrap(SocketOperation.Open, exception, "a socket that was made elsewhere");
        }
    }

    public static void Check(Socket socket, string name, SocketType type, string kind, ReadOnlySpan<AddressFamily> families)
    {
        ArgumentNullException.ThrowIfNull(socket, name);
        if (socket.SocketType != type || !families.Contains(socket.AddressFamily))
        {
            throw new ArgumentException($"A {socket.AddressFamily} {socket.SocketType} socket is not a {kind} socket.", name);
        }
    }

    private static int IsListening(Socket socket) =>
        (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection)!;

    private static bool HasPeer(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint is not null;
        }
        catch (SocketException)
        {
            // getpeername(2) failed: there is no peer.
            return false;
        }
    }
}
