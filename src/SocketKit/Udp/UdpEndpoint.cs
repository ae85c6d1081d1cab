using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Udp;

namespace SocketKit;

/// <summary>A UDP socket, bound to a port and optionally connected to one peer.</summary>
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
        channel.ReceivesErrors = options?.ReceiveErrors ?? false;
        channel.ReceivesDetails = options?.HasDetails ?? false;
        _details = UseOffloads(channel, options);
    }

    /// <inheritdoc/>
    public override IPEndPoint LocalEndPoint => (IPEndPoint)base.LocalEndPoint!;

    /// <summary>The local port. If port 0 was requested, it is the port that the system chose.</summary>
    public int Port => LocalEndPoint.Port;

    private protected override bool ReachesIPv4 { get; }

    /// <summary>Binds a port on all addresses of this machine, IPv4 and IPv6: bind(2). A client that only sends can bind port 0.</summary>
    /// <param name="port">0 to 65 535. 0 is any free (ephemeral) port.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The endpoint, without a peer.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range.</exception>
    /// <exception cref="SocketOperationException">
    /// AddressAlreadyInUse: the port is in use. AccessDenied: a port below 1024 needs a privilege. The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="UdpEndpointOptions.ReusePort"/> on Windows.</exception>
    public static UdpEndpoint Bind(int port, UdpEndpointOptions? options = null)
    {
        Addresses.CheckPort(port, nameof(port));
        UdpEndpointOptions copy = SocketOptions.Snapshot(options);
        return Open(new IPEndPoint(copy.DualMode ? IPAddress.IPv6Any : IPAddress.Any, port), copy);
    }

    /// <summary>Binds a port on one address of this machine: bind(2).</summary>
    /// <param name="host">
    /// An address, or a name. Of a name, the first IPv4 address is used, else the first IPv6 one ("localhost" is 127.0.0.1). "" and "*" are
    /// all addresses.
    /// </param>
    /// <param name="port">0 to 65 535. 0 is any free (ephemeral) port.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The endpoint, without a peer.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range, or the host is a URL or contains a port.</exception>
    /// <exception cref="SocketOperationException">
    /// HostNotFound, TryAgain: the name has no address. AddressNotAvailable: the address is not one of this machine. AddressAlreadyInUse:
    /// the port is in use. AccessDenied: a port below 1024 needs a privilege. The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="UdpEndpointOptions.ReusePort"/> on Windows.</exception>
    public static UdpEndpoint Bind(string host, int port, UdpEndpointOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(host);
        Addresses.CheckPort(port, nameof(port));
        return host is "" or "*"
            ? Bind(port, options)
            : Open(LocalHost.Resolve(host, port, SocketOperation.Bind), SocketOptions.Snapshot(options));
    }

    /// <summary>Binds a port on one address of this machine: bind(2).</summary>
    /// <param name="local">The address. Port 0 is any free (ephemeral) port.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The endpoint, without a peer.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range.</exception>
    /// <exception cref="SocketOperationException">
    /// AddressNotAvailable: the address is not one of this machine. AddressAlreadyInUse: the port is in use. AccessDenied: a port below
    /// 1024 needs a privilege. The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="UdpEndpointOptions.ReusePort"/> on Windows.</exception>
    public static UdpEndpoint Bind(IPEndPoint local, UdpEndpointOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(local);
        return Open(local, SocketOptions.Snapshot(options));
    }

    /// <summary>Wraps a bound or connected UDP socket that was made elsewhere.</summary>
    /// <param name="socket">The socket. Do not use it directly while it is wrapped. It stays the caller's if the call throws.</param>
    /// <param name="options">
    /// Null: no time-outs, and the socket's options are unchanged. <see cref="UdpEndpointOptions.ReuseAddress"/>,
    /// <see cref="UdpEndpointOptions.ReusePort"/>, <see cref="UdpEndpointOptions.DualMode"/>,
    /// <see cref="UdpEndpointOptions.ConnectTimeout"/> and <see cref="SocketOptions.Configure"/> have no effect here, nor has
    /// <see cref="UdpEndpointOptions.EnableBroadcast"/> if it is false.
    /// </param>
    /// <param name="ownsSocket">
    /// Whether closing the endpoint closes the socket. If true, closing calls shutdown(2) to wake receives that wait in the kernel. That
    /// also stops any duplicate of the descriptor from receiving; pass false if there is one.
    /// </param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="socket"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="socket"/> is not a UDP socket, or is not bound, or an option is out of range.
    /// </exception>
    /// <exception cref="SocketOperationException">The system refused an option.</exception>
    public static UdpEndpoint FromSocket(Socket socket, UdpEndpointOptions? options = null, bool ownsSocket = true)
    {
        UdpEndpointOptions? copy = Adoption.Snapshot(options);
        Adoption.Check(socket, nameof(socket), SocketType.Dgram, "UDP", [AddressFamily.InterNetwork, AddressFamily.InterNetworkV6]);
        if (socket.LocalEndPoint is not IPEndPoint { Port: > 0 })
        {
            throw new ArgumentException("The socket is not bound.", nameof(socket));
        }

        Adoption.SetCloseOnExec(socket);
        copy?.ApplyToBound(socket);
        var endpoint = new UdpEndpoint(Adoption.EngineOf(copy).OpenDatagram(socket, ownsSocket), copy);
        if (PeerOf(socket) is { } peer)
        {
            endpoint.NotePeer(peer.Serialize());
        }

        endpoint.LogOpened();
        return endpoint;
    }

    /// <summary>
    /// Opens an endpoint on an ephemeral port and connects it to a peer: connect(2). Nothing is sent, so the call does not tell whether
    /// anybody listens there.
    /// </summary>
    /// <param name="host">An address, or a name. Of a name, the first IPv4 address with a route is used, else the first IPv6 one.</param>
    /// <param name="port">1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The connected endpoint.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range, or the host is a URL or contains a port.</exception>
    /// <exception cref="SocketConnectException">
    /// HostNotFound: the name is not known. TryAgain: no name server answered. TimedOut: the name look-up took longer than
    /// <see cref="UdpEndpointOptions.ConnectTimeout"/>. NetworkUnreachable: no address has a route. The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="UdpEndpointOptions.ReusePort"/> on Windows.</exception>
    public static UdpEndpoint Connect(string host, int port, UdpEndpointOptions? options = null)
    {
        UdpEndpointOptions copy = Check(host, port, options);
        return UdpConnect.Run(HostName.Show(host, port), UdpConnect.Resolve(host, port, copy), copy, OpenConnected);
    }

    /// <summary>
    /// Opens an endpoint on an ephemeral port and connects it to one address: connect(2). Nothing is sent, so the call does not tell
    /// whether anybody listens there. <see cref="ConnectTo"/> connects an endpoint that exists.
    /// </summary>
    /// <param name="remote">The peer; its port is 1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The connected endpoint.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range.</exception>
    /// <exception cref="SocketConnectException">
    /// NetworkUnreachable: the address has no route. TooManyOpenSockets: no descriptor is left. The descriptor is closed.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException"><see cref="UdpEndpointOptions.ReusePort"/> on Windows.</exception>
    public static UdpEndpoint Connect(IPEndPoint remote, UdpEndpointOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(remote);
        Addresses.CheckPort(remote.Port, nameof(remote), least: 1);
        remote = Addresses.Unmap(remote);
        return UdpConnect.Run(remote.ToString(), [remote], SocketOptions.Snapshot(options), OpenConnected);
    }

    /// <summary>
    /// The same as <see cref="Connect(string, int, UdpEndpointOptions?)"/>, without blocking a thread during the name look-up.
    /// </summary>
    /// <param name="host">An address, or a name. Of a name, the first IPv4 address with a route is used, else the first IPv6 one.</param>
    /// <param name="port">1 to 65 535.</param>
    /// <param name="options">Null for the default options.</param>
    /// <param name="cancellationToken">Cancels the look-up. Cancellation-safe: no descriptor is left open.</param>
    /// <returns>The connected endpoint.</returns>
    /// <exception cref="ArgumentException">An argument or option is out of range, or the host is a URL or contains a port.</exception>
    /// <exception cref="SocketConnectException">
    /// HostNotFound: the name is not known. TryAgain: no name server answered. TimedOut: the name look-up took longer than
    /// <see cref="UdpEndpointOptions.ConnectTimeout"/>. NetworkUnreachable: no address has a route. The descriptor is closed.
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
            List<IPEndPoint> candidates = await UdpConnect.ResolveAsync(host, port, copy, cancellationToken).ConfigureAwait(false);
            return UdpConnect.Run(HostName.Show(host, port), candidates, copy, OpenConnected);
        }
    }

    /// <summary>Sets the only peer, replacing an earlier one: connect(2). Nothing is sent. The local port stays the same.</summary>
    /// <param name="remote">The peer; its port is 1 to 65 535.</param>
    /// <exception cref="ArgumentException">The address has another family than the endpoint, or no port.</exception>
    /// <exception cref="SocketOperationException">
    /// NetworkUnreachable: there is no route. The endpoint then has no peer, and stays usable.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void ConnectTo(IPEndPoint remote) => ConnectToPeer(remote);

    /// <summary>
    /// Removes the peer, so that the endpoint receives from every sender again: connect(2) with AF_UNSPEC. The local port stays the same.
    /// </summary>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void Disconnect() => DisconnectFromPeer();

    private static UdpEndpoint Open(IPEndPoint local, UdpEndpointOptions options)
    {
        Socket socket = UdpSockets.Bound(local, options);
        try
        {
            var endpoint = new UdpEndpoint(options.EngineOrDefault.OpenDatagram(socket, ownsSocket: true), options);
            endpoint.LogOpened();
            return endpoint;
        }
        catch
        {
            // Nobody else knows the socket, so its descriptor would leak.
            socket.Dispose();
            throw;
        }
    }

    private static UdpEndpoint OpenConnected(IPEndPoint remote, UdpEndpointOptions options)
    {
        Socket socket = UdpSockets.ForConnect(remote, options);
        try
        {
            var endpoint = new UdpEndpoint(options.EngineOrDefault.OpenDatagram(socket, ownsSocket: true), options);
            endpoint.ConnectToPeer(remote);
            endpoint.LogOpened();
            return endpoint;
        }
        catch
        {
            // The descriptor must not leak, for instance when there is no route.
            socket.Dispose();
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
            // getpeername(2) failed: the socket has no peer.
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
