using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Sockets.Limits;
using SocketKit.Tcp;

namespace SocketKit;

/// <summary>Listens for TCP connections, and accepts them or serves them with a handler.</summary>
/// <example>
/// <code>
/// await using var server = TcpServer.Listen("localhost", 12345);
/// await server.ServeAsync(async (connection, cancellationToken) =>
/// {
///     var buffer = new byte[1024];
///     int n;
///     while ((n = await connection.ReceiveAsync(buffer, cancellationToken)) > 0)
///         await connection.SendAsync(buffer.AsMemory(0, n), cancellationToken);
/// });
/// </code>
/// </example>
public sealed class TcpServer : StreamServer<TcpConnection>
{
    private readonly TcpServerOptions _options;
    private readonly bool _setsOptions;

    /// <param name="channel">The listener.</param>
    /// <param name="options">The checked options.</param>
    /// <param name="setsOptions">Whether accepted sockets need the options set, because they do not inherit them.</param>
    /// <param name="logger">The server's logger.</param>
    private TcpServer(ListenerChannel channel, TcpServerOptions options, bool setsOptions, ILogger logger)
        : base(channel, options, logger, new ServerCounters(channel.Socket))
    {
        _options = options;
        _setsOptions = setsOptions;
    }

    /// <inheritdoc/>
    public override IPEndPoint LocalEndPoint => (IPEndPoint)base.LocalEndPoint!;

    /// <summary>The port that the server listens on. If port 0 was requested, it is the port that the system chose.</summary>
    public int Port => LocalEndPoint.Port;

    /// <summary>
    /// Listens on all addresses of this machine, IPv4 and IPv6: bind(2), listen(2). Every host that can reach this machine can reach the
    /// port.
    /// </summary>
    /// <param name="port">0 to 65 535. 0 is any free (ephemeral) port.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The listening server.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range.</exception>
    /// <exception cref="SocketOperationException">
    /// AddressAlreadyInUse: the port is in use. AccessDenied: a port below 1024 needs a privilege. The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpServerOptions.ReusePort"/> on Windows, or <see cref="TcpOptions.UserTimeout"/> on a system other than Linux.
    /// </exception>
    public static TcpServer Listen(int port, TcpServerOptions? options = null)
    {
        TcpServerOptions copy = Check(port, options);
        return Open(new IPEndPoint(copy.DualMode ? IPAddress.IPv6Any : IPAddress.Any, port), copy);
    }

    /// <summary>Listens on one address of this machine.</summary>
    /// <param name="host">
    /// An address, or a name. Of a name, the first IPv4 address is used, else the first IPv6 one ("localhost" is 127.0.0.1). "" and "*" are
    /// all addresses.
    /// </param>
    /// <param name="port">0 to 65 535. 0 is any free (ephemeral) port.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The listening server.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range, or the host is a URL or contains a port.</exception>
    /// <exception cref="SocketOperationException">
    /// HostNotFound, TryAgain: the name has no address. AddressNotAvailable: the address is not one of this machine. AddressAlreadyInUse:
    /// the port is in use. AccessDenied: a port below 1024 needs a privilege. The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpServerOptions.ReusePort"/> on Windows, or <see cref="TcpOptions.UserTimeout"/> on a system other than Linux.
    /// </exception>
    public static TcpServer Listen(string host, int port, TcpServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        TcpServerOptions copy = Check(port, options);
        return host is "" or "*" ? Listen(port, options) : Open(LocalHost.Resolve(host, port, SocketOperation.Listen), copy);
    }

    /// <summary>Listens on one address of this machine.</summary>
    /// <param name="local">The address. Port 0 is any free (ephemeral) port.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The listening server.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range.</exception>
    /// <exception cref="SocketOperationException">
    /// AddressNotAvailable: the address is not one of this machine. AddressAlreadyInUse: the port is in use. AccessDenied: a port below
    /// 1024 needs a privilege. The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpServerOptions.ReusePort"/> on Windows, or <see cref="TcpOptions.UserTimeout"/> on a system other than Linux.
    /// </exception>
    public static TcpServer Listen(IPEndPoint local, TcpServerOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(local);
        return Open(local, SocketOptions.Snapshot(options));
    }

    /// <summary>Wraps a listening TCP socket that was made elsewhere.</summary>
    /// <param name="listening">The socket. Do not use it directly while it is wrapped. It stays the caller's if the call throws.</param>
    /// <param name="options">
    /// The options of the server; those of accepted connections are set on each of them. Null: the default limits, no time-outs, and
    /// accepted connections keep the TCP options that they get from <paramref name="listening"/>. The properties that concern listening
    /// have no effect here: <see cref="TcpServerOptions.Backlog"/>, <see cref="TcpServerOptions.ReuseAddress"/>,
    /// <see cref="TcpServerOptions.ReusePort"/>, <see cref="TcpServerOptions.DualMode"/> and <see cref="SocketOptions.Configure"/>.
    /// </param>
    /// <param name="ownsSocket">
    /// Whether closing the server closes the socket. If true, closing calls shutdown(2), which also ends the listener for duplicates that
    /// <see cref="SocketBase.DuplicateHandle"/> has not made. Pass false for a listener that another process keeps, such as systemd's.
    /// </param>
    /// <returns>The server.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="listening"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="listening"/> is not a listening TCP socket, or an option is out of range.
    /// </exception>
    public static TcpServer FromSocket(Socket listening, TcpServerOptions? options = null, bool ownsSocket = true)
    {
        TcpServerOptions copy = SocketOptions.Snapshot(options);
        Adoption.CheckListening(
            listening, nameof(listening), SocketType.Stream, "TCP", AddressFamily.InterNetwork, AddressFamily.InterNetworkV6);
        return Over(listening, ownsSocket, copy, setsOptions: options is not null);
    }

    private protected override TcpConnection Wrap(StreamChannel channel)
    {
        if (_setsOptions)
        {
            ApplyOptions(channel.Socket);
        }

        return new TcpConnection(channel, _options);
    }

    private void ApplyOptions(Socket accepted)
    {
        try
        {
            _options.ApplyTo(accepted);
        }
        catch (SocketException)
        {
            // The peer has already reset the connection, and some systems then refuse options. The first receive will report it.
        }
    }

    private static TcpServer Open(IPEndPoint local, TcpServerOptions options)
    {
        Socket listening = TcpSockets.Listening(local, options);
        try
        {
            // On Linux accepted sockets inherit the listener's options (tcp(7)). Other systems need them set again.
            return Over(listening, true, options, setsOptions: !OperatingSystem.IsLinux());
        }
        catch
        {
            // The caller gets no server, so the port must not stay bound.
            listening.Dispose();
            throw;
        }
    }

    private static TcpServer Over(Socket listening, bool ownsSocket, TcpServerOptions options, bool setsOptions)
    {
        ILogger logger = options.CreateLogger("SocketKit.TcpServer");
        return new TcpServer(options.EngineOrDefault.OpenListener(listening, ownsSocket), options, setsOptions, logger);
    }

    private static TcpServerOptions Check(int port, TcpServerOptions? options)
    {
        Addresses.CheckPort(port, nameof(port));
        return SocketOptions.Snapshot(options);
    }
}
