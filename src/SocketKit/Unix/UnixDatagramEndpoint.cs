using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Sockets;
using SocketKit.Unix;

namespace SocketKit;

/// <summary>
/// Datagrams between processes of one machine. An endpoint is bound to a path or abstract name, connected to one, or one of a pair. A
/// full queue loses nothing: a send waits for room in it. What a receiver had not read when it closed is lost.
/// </summary>
/// <remarks>
/// A connected endpoint stays usable when its peer restarts, see <see cref="ConnectTo"/>. A sequenced-packet connection ends with its
/// peer, and receives then fail with <see cref="SocketError.Disconnecting"/>. The file of a bound endpoint follows the rules of
/// <see cref="UnixServer"/>. A sender that is not bound has no name: <see cref="ReceivedDatagram.RemoteEndPoint"/> is null, and it cannot
/// be answered. Windows has no Unix datagram sockets.
/// </remarks>
public sealed partial class UnixDatagramEndpoint : DatagramEndpoint
{
    /// <summary>The size of a sockaddr_un without a name: only the family.</summary>
    private const int UnnamedBytes = 2;

    private static readonly UnixDomainSocketEndPoint s_factory = new("/");
    private static readonly int s_addressBytes = new SocketAddress(AddressFamily.Unix).Size;

    /// <summary>
    /// The send buffer of the sender limits a datagram. Linux allows 425 984 bytes by default, twice net.core.wmem_max (socket(7)).
    /// </summary>
    private const int LongestByDefault = 425_984;

    private readonly bool _isSequenced;
    private readonly bool _reconnects;
    private BoundFile? _file;

    private UnixDatagramEndpoint(DatagramChannel channel, BoundFile? file, SocketOptions? options)
        : base(channel, options)
    {
        _file = file;
        _reconnects = options is UnixDatagramOptions { ReconnectAutomatically: true };
        _isSequenced = channel.Socket.SocketType == SocketType.Seqpacket;
    }

    /// <summary>Binds a path, to receive from every process that may write to it: socket(2), fchmod(2), bind(2).</summary>
    /// <param name="path">At most 107 bytes of UTF-8. <c>"\0name"</c> is an abstract name (Linux).</param>
    /// <param name="options">Null for the default options.</param>
    /// <returns>The endpoint, without a peer.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The path is too long, or an option is out of range. No file was touched.</exception>
    /// <exception cref="ArgumentException">The path is empty or contains NUL, or the options request a sequenced-packet socket.</exception>
    /// <exception cref="SocketOperationException">As for <see cref="UnixServer.Listen"/>. No file is left behind.</exception>
    /// <exception cref="PlatformNotSupportedException">The path is an abstract name, and the system is not Linux.</exception>
    public static UnixDatagramEndpoint Bind(string path, UnixDatagramOptions? options = null)
    {
        var address = UnixAddress.Parse(path, nameof(path));
        UnixDatagramOptions copy = SocketOptions.Snapshot(options);
        if (copy.SequencedPacket)
        {
            throw new ArgumentException(
                "A sequenced-packet socket is a connection: it connects, comes in pairs, or is accepted by a UnixSequencedServer.",
                nameof(options));
        }

        Socket socket = copy.SetUp(SystemSocket.OpenFor(SocketOperation.Bind, address.EndPoint, TypeOf(copy), ProtocolType.Unspecified));
        BoundFile? file = null;
        try
        {
            file = UnixBinding.Bind(socket, address, copy.Mode, SocketOperation.Bind);
            var endpoint = new UnixDatagramEndpoint(copy.EngineOrDefault.OpenDatagram(socket, ownsSocket: true), file, copy);
            endpoint.LogOpened();
            return endpoint;
        }
        catch
        {
            // Neither the file nor the descriptor may be left behind.
            file?.Delete();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Makes two endpoints that are connected to each other, without names: socketpair(2), close-on-exec.</summary>
    /// <param name="options">
    /// The options of both ends; null for the default options. <see cref="UnixDatagramOptions.Mode"/> and
    /// <see cref="UnixDatagramOptions.ConnectTimeout"/> have no effect here. <see cref="SocketOptions.Configure"/> is called with both
    /// ends.
    /// </param>
    /// <returns>The two ends.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    /// <exception cref="SocketOperationException">TooManyOpenSockets: no descriptor is left. Or the system refused an option.</exception>
    public static (UnixDatagramEndpoint First, UnixDatagramEndpoint Second) CreatePair(UnixDatagramOptions? options = null)
    {
        UnixDatagramOptions copy = SocketOptions.Snapshot(options);
        (Socket first, Socket second) = UnixPair.Create(TypeOf(copy), copy);
        return (Joined(first, null, copy), Joined(second, null, copy));
    }

    /// <summary>
    /// Wraps a bound or connected Unix datagram or sequenced-packet socket that was made elsewhere. Its file is never deleted here.
    /// </summary>
    /// <param name="socket">The socket. Do not use it directly while it is wrapped. It stays the caller's if the call throws.</param>
    /// <param name="options">
    /// Null: no time-outs, and the socket's options are unchanged. <see cref="UnixDatagramOptions.SequencedPacket"/>,
    /// <see cref="UnixDatagramOptions.Mode"/>, <see cref="UnixDatagramOptions.ConnectTimeout"/> and <see cref="SocketOptions.Configure"/>
    /// have no effect here.
    /// </param>
    /// <param name="ownsSocket">
    /// Whether closing the endpoint closes the socket. If true, closing calls shutdown(2) to wake receives that wait in the kernel. That
    /// also stops any duplicate of the descriptor from receiving; pass false if there is one.
    /// </param>
    /// <returns>The endpoint.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="socket"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="socket"/> is neither a Unix datagram socket nor a connected sequenced-packet socket, or an option is out of range.
    /// </exception>
    /// <exception cref="SocketOperationException">The system refused an option.</exception>
    public static UnixDatagramEndpoint FromSocket(Socket socket, UnixDatagramOptions? options = null, bool ownsSocket = true)
    {
        UnixDatagramOptions? copy = Adoption.Snapshot(options);
        ArgumentNullException.ThrowIfNull(socket);
        bool isSequenced = socket.SocketType == SocketType.Seqpacket;
        SocketType type = isSequenced ? SocketType.Seqpacket : SocketType.Dgram;
        Adoption.Check(socket, nameof(socket), type, "Unix datagram", [AddressFamily.Unix]);
        if (isSequenced && !socket.Connected)
        {
            throw new ArgumentException("The socket is not connected.", nameof(socket));
        }

        Adoption.SetCloseOnExec(socket);
        copy?.ApplyTo(socket);
        var endpoint = new UnixDatagramEndpoint(Adoption.EngineOf(copy).OpenDatagram(socket, ownsSocket), null, copy);
        if (socket.Connected)
        {
            endpoint.NotePeer(UnixNames.Named(socket.RemoteEndPoint)?.Serialize());
        }

        endpoint.LogOpened();
        return endpoint;
    }

    /// <summary>
    /// Sets the only peer, replacing an earlier one: connect(2). When the peer closes, one send fails with ConnectionRefused, unless
    /// <see cref="UnixDatagramOptions.ReconnectAutomatically"/> is set. Each later send connects to the socket that is bound to the path by
    /// then, or fails with AddressNotAvailable or ConnectionRefused. In between, the kernel accepts datagrams from every sender.
    /// </summary>
    /// <param name="remote">The peer's path or abstract name.</param>
    /// <exception cref="ArgumentException"><paramref name="remote"/> is empty.</exception>
    /// <exception cref="SocketOperationException">
    /// AddressNotAvailable, ConnectionRefused: no socket is bound there. AccessDenied: no permission for the file. The endpoint then has no
    /// peer, and stays usable.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void ConnectTo(UnixDomainSocketEndPoint remote) => ConnectToPeer(remote);

    /// <summary>
    /// Removes the peer, so that the endpoint receives from every sender again: connect(2) with AF_UNSPEC. The path stays bound.
    /// </summary>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The endpoint was disposed.</exception>
    public void Disconnect() => DisconnectFromPeer();

    /// <summary>Makes the endpoint of a connected socket, which belongs to it from now on.</summary>
    internal static UnixDatagramEndpoint Joined(Socket socket, SocketAddress? peer, SocketOptions options)
    {
        var endpoint = new UnixDatagramEndpoint(options.EngineOrDefault.OpenDatagram(socket, ownsSocket: true), null, options);
        endpoint.NotePeer(peer);
        endpoint.LogOpened();
        return endpoint;
    }

    internal override string? Explain(SocketOperation operation, SocketError error, EndPoint? remote) => error switch
    {
        SocketError.Shutdown or SocketError.ConnectionReset when _isSequenced => $"the peer has closed the connection ({error}).",
        SocketError.ConnectionRefused when operation == SocketOperation.Send && remote is not null && remote.Equals(RemoteEndPoint) =>
            $"{UnixFaults.Explain(error, remote)} Send again: the next send connects to the socket that is bound there by then. "
            + "The option ReconnectAutomatically does so within the same send.",
        _ => UnixFaults.Explain(error, remote),
    };

    private protected override int LongestDatagram => LongestByDefault;

    private protected override string Show(EndPoint? endPoint) => UnixNames.Show(endPoint);

    /// <summary>On a sequenced-packet connection every error is its end.</summary>
    private protected override bool IsAboutSent(SocketError error) => !_isSequenced && base.IsAboutSent(error);

    private protected override void NotePeer(SocketAddress? address)
    {
        base.NotePeer(address);
        Channel.KeepPeer(_isSequenced || address is null || address.Size <= UnnamedBytes ? null : address, _reconnects);
    }

    private protected override void CheckTarget(SocketAddress to, string name)
    {
        if (to.Size <= UnnamedBytes)
        {
            throw new ArgumentException("The address is empty: a sender without a name cannot be answered.", name);
        }

        if (to.Size > s_addressBytes)
        {
            throw new ArgumentException($"A Unix address has at most {s_addressBytes} bytes; this one has {to.Size}.", name);
        }
    }

    internal override string DescribeTo(EndPoint to) => $"{Show(LocalEndPoint)} → {Show(to)}";

    private protected override void WriteAddress(EndPoint to, SocketAddress target, string name)
    {
        ArgumentNullException.ThrowIfNull(to, name);
        if (UnixNames.Named(to) is not { } unix)
        {
            throw new ArgumentException($"A {to.GetType().Name} is not the path or abstract name of a Unix socket.", name);
        }

        SocketAddress raw = unix.Serialize();
        raw.Buffer.Span[..raw.Size].CopyTo(target.Buffer.Span);
        target.Size = raw.Size;
    }

    private protected override EndPoint? ReadAddress(SocketAddress address) =>
        address.Size > UnnamedBytes ? UnixNames.Named(s_factory.Create(address)) : null;

    private protected override void DisposeCore()
    {
        // Delete the file before the socket is closed: until then no other file can have its inode.
        Interlocked.Exchange(ref _file, null)?.Delete();
        base.DisposeCore();
    }

    private static SocketType TypeOf(UnixDatagramOptions options) => options.SequencedPacket ? SocketType.Seqpacket : SocketType.Dgram;
}
