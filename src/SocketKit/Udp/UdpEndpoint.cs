using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Udp;

namespace SocketKit;

/// <summary>A UDP socket: bound to a port, and by choice connected to one peer.</summary>
/// <example>
/// <code>
/// using var udp = UdpEndpoint.Bind("localhost", 12345);
/// var datagram = udp.ReceiveFrom(buffer);
/// udp.SendTo(buffer.AsSpan(0, datagram.Length), datagram.RemoteEndPoint!);
/// </code>
/// </example>
public sealed partial class UdpEndpoint : DatagramEndpoint
{
    private UdpEndpoint(DatagramChannel channel, UdpEndpointOptions? options)
        : base(channel, options)
    {
        Socket socket = channel.Socket;
        ReachesIPv4 = socket.AddressFamily == AddressFamily.InterNetworkV6 && socket.DualMode;
        channel.ReceivesPacketInfo = options?.ReceivePacketInfo ?? false;
    }

    /// <inheritdoc/>
    public override IPEndPoint LocalEndPoint => (IPEndPoint)base.LocalEndPoint!;

    /// <summary>This side's port: the real one also when 0 was asked for.</summary>
    public int Port => LocalEndPoint.Port;

    private protected override bool ReachesIPv4 { get; }

    /// <summary>Binds a port on all addresses of this machine, IPv4 and IPv6. A client that only sends binds port 0.</summary>
    /// <param name="port">0 to 65 535; 0 for any free (ephemeral) port.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The endpoint, without a peer.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of its range.</exception>
    /// <exception cref="SocketException">AddressAlreadyInUse: the port is taken. AccessDenied: no right for ports below 1024.</exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="UdpEndpointOptions.ReusePort"/> on Windows.</exception>
    public static UdpEndpoint Bind(int port, UdpEndpointOptions? options = null)
    {
        Addresses.CheckPort(port, nameof(port));
        UdpEndpointOptions copy = SocketOptions.Snapshot(options);
        return Open(new IPEndPoint(copy.DualMode ? IPAddress.IPv6Any : IPAddress.Any, port), copy);
    }

    /// <summary>Binds a port on one address of this machine.</summary>
    /// <param name="host">An address; a name, of which the first IPv4 address is used, else the first IPv6 one ("localhost" is 127.0.0.1); "" or "*" for all.</param>
    /// <param name="port">0 to 65 535; 0 for any free (ephemeral) port.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The endpoint, without a peer.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of its range, or the host is a URL or holds a port.</exception>
    /// <exception cref="SocketException">HostNotFound, TryAgain, AddressNotAvailable, AddressAlreadyInUse, or AccessDenied.</exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="UdpEndpointOptions.ReusePort"/> on Windows.</exception>
    public static UdpEndpoint Bind(string host, int port, UdpEndpointOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        Addresses.CheckPort(port, nameof(port));
        return host is "" or "*"
            ? Bind(port, options)
            : Open(LocalHost.Resolve(host, port, SocketOperation.Bind), SocketOptions.Snapshot(options));
    }

    /// <summary>Binds a port on one address of this machine.</summary>
    /// <param name="local">The address; port 0 for any free (ephemeral) port.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The endpoint, without a peer.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of its range.</exception>
    /// <exception cref="SocketException">AddressNotAvailable, AddressAlreadyInUse, or AccessDenied.</exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="UdpEndpointOptions.ReusePort"/> on Windows.</exception>
    public static UdpEndpoint Bind(IPEndPoint local, UdpEndpointOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(local);
        return Open(local, SocketOptions.Snapshot(options));
    }

    /// <summary>Wraps a bound or connected UDP socket that was made elsewhere.</summary>
    /// <param name="socket">The socket. It must not be used otherwise while wrapped.</param>
    /// <param name="ownsSocket">
    /// Whether closing the endpoint closes the socket. Closing then also calls shutdown(2), to wake receives that wait in the kernel; a
    /// duplicate of the descriptor that was made elsewhere is shut down with it and receives nothing any more. Pass false where there is one.
    /// </param>
    /// <returns>The endpoint, without time-outs; the socket's options are left as they are.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="socket"/> is null.</exception>
    /// <exception cref="ArgumentException">It is not a UDP socket, or not bound.</exception>
    public static UdpEndpoint FromSocket(Socket socket, bool ownsSocket = true)
    {
        Adoption.Check(socket, nameof(socket), SocketType.Dgram, "UDP", [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6]);
        if (socket.LocalEndPoint is not IPEndPoint { Port: > 0 })
        {
            throw new ArgumentException("The socket is not bound.", nameof(socket));
        }

        Adoption.SetCloseOnExec(socket);
        var endpoint = new UdpEndpoint(SocketEngine.Default.OpenDatagram(socket, ownsSocket), null);
        if (PeerOf(socket) is { } peer)
        {
            endpoint.NotePeer(peer.Serialize());
        }

        return endpoint;
    }

    /// <summary>Opens an endpoint on an ephemeral port, with a peer. Nothing is sent: whether somebody listens there shows later, if at all.</summary>
    /// <param name="host">An address, or a name, of which the first IPv4 address with a route is used, else the first IPv6 one.</param>
    /// <param name="port">1 to 65 535.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <returns>The connected endpoint.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of its range, or the host is a URL or holds a port.</exception>
    /// <exception cref="SocketConnectException">
    /// The name is not known (HostNotFound), no name server answered (TryAgain), or none of its addresses has a route. The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="UdpEndpointOptions.ReusePort"/> on Windows.</exception>
    public static UdpEndpoint Connect(string host, int port, UdpEndpointOptions? options = null)
    {
        UdpEndpointOptions copy = Check(host, port, options);
        return UdpConnect.Run(host, port, UdpConnect.Resolve(host, port), copy, remote => OpenConnected(remote, copy));
    }

    /// <summary>As <see cref="Connect(string, int, UdpEndpointOptions?)"/>, without blocking a thread while the name is looked up.</summary>
    /// <param name="host">An address, or a name, of which the first IPv4 address with a route is used, else the first IPv6 one.</param>
    /// <param name="port">1 to 65 535.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <param name="cancellationToken">Gives the look-up up. Cancellation-safe.</param>
    /// <returns>The connected endpoint.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of its range, or the host is a URL or holds a port.</exception>
    /// <exception cref="SocketConnectException">
    /// The name is not known (HostNotFound), no name server answered (TryAgain), or none of its addresses has a route. The descriptor is closed.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="UdpEndpointOptions.ReusePort"/> on Windows.</exception>
    public static Task<UdpEndpoint> ConnectAsync(
        string host, int port, UdpEndpointOptions? options = null, CancellationToken cancellationToken = default)
    {
        UdpEndpointOptions copy = Check(host, port, options);
        return RunAsync();

        async Task<UdpEndpoint> RunAsync()
        {
            IPAddress[] addresses = await UdpConnect.ResolveAsync(host, port, cancellationToken).ConfigureAwait(false);
            return UdpConnect.Run(host, port, addresses, copy, remote => OpenConnected(remote, copy));
        }
    }

    /// <summary>Sets the only peer, in place of one that was set before: connect(2). Nothing is sent. The local port stays.</summary>
    /// <param name="remote">The peer; its port is 1 to 65 535.</param>
    /// <exception cref="ArgumentException">The address has another family than the endpoint, or no port.</exception>
    /// <exception cref="SocketException">NetworkUnreachable: there is no route. The endpoint then has no peer.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void Connect(IPEndPoint remote) => ConnectTo(remote);

    /// <summary>Takes datagrams from everybody again: connect(2) with AF_UNSPEC. The local port stays.</summary>
    /// <exception cref="SocketException">The system refused.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void Disconnect() => DisconnectFromPeer();

    private static UdpEndpoint Open(IPEndPoint local, UdpEndpointOptions options)
    {
        var endpoint = new UdpEndpoint(options.EngineOrDefault.OpenDatagram(UdpSockets.Bound(local, options), ownsSocket: true), options);
        endpoint.LogOpened(options.EngineOrDefault);
        return endpoint;
    }

    private static UdpEndpoint OpenConnected(IPEndPoint remote, UdpEndpointOptions options)
    {
        Socket socket = UdpSockets.ForConnect(remote, options);
        var endpoint = new UdpEndpoint(options.EngineOrDefault.OpenDatagram(socket, ownsSocket: true), options);
        try
        {
            endpoint.ConnectTo(remote);
            endpoint.LogOpened(options.EngineOrDefault);
            return endpoint;
        }
        catch
        {
            // The descriptor does not leak when there is no route.
            endpoint.Dispose();
            throw;
        }
    }

    private static IPEndPoint? PeerOf(Socket socket)
    {
        try
        {
            return socket.RemoteEndPoint as IPEndPoint;
        }
        catch (SocketException)
        {
            // getpeername(2) failed: it has no peer.
            return null;
        }
    }

    private static UdpEndpointOptions Check(string host, int port, UdpEndpointOptions? options)
    {
        ArgumentException.ThrowIfNullOrEmpty(host);
        HostName.Parse(host, nameof(host));
        Addresses.CheckPort(port, nameof(port), least: 1);
        return SocketOptions.Snapshot(options);
    }
}
