using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;
using SocketKit.Sockets;
using SocketKit.Telemetry;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>
/// Sends and receives datagrams, which arrive whole or not at all: UDP, Unix datagrams, raw sockets. Receive and send have three shapes:
/// <c>Xxx(span)</c> waits as the time-outs say, <c>TryXxx</c> never waits, <c>XxxAsync</c> never blocks a thread.
/// </summary>
/// <remarks>
/// One receive at a time: a second one gets <see cref="InvalidOperationException"/>. Any number of sends may run at the same time. Every
/// receive reports truncation in <see cref="ReceivedDatagram.IsTruncated"/>. A datagram of 0 bytes is a datagram and not an end; only a
/// sequenced-packet connection has an end: <see cref="SocketError.Disconnecting"/>. A connected endpoint receives from its peer only.
/// An ICMP error about the peer, such as "port unreachable", is reported once, by the next call, and the endpoint stays usable.
/// </remarks>
public abstract partial class DatagramEndpoint : SocketBase, IDatagramResults
{
    private readonly DatagramChannel _channel;
    private readonly ILogger? _logger;
    private readonly QueueDrops? _drops;
    private readonly EndpointGuard? _guard;
    private SocketAddress? _localAddress;
    private EndPoint? _local;
    private volatile Peer? _peer;
    private int _disposed;

    /// <param name="channel">The channel over the socket. The endpoint owns it from now on.</param>
    /// <param name="options">The checked options; null for a socket that was made elsewhere.</param>
    private protected DatagramEndpoint(DatagramChannel channel, SocketOptions? options)
        : base(options?.InitialReceiveTimeout ?? Infinite.InfiniteTimeSpan, options?.InitialSendTimeout ?? Infinite.InfiniteTimeSpan)
    {
        _channel = channel;
        _logger = options?.LoggerFactory is null ? null : options.CreateLogger($"SocketKit.{GetType().Name}");
        _addressFamily = channel.Socket.AddressFamily;
        _addressSize = new SocketAddress(_addressFamily).Size;
        _localAddress = channel.ReadLocalAddress();
        _drops = QueueDrops.Of(channel);
        _guard = EndpointGuard.Of(channel);
        channel.Dispatch = options?.Dispatch ?? Dispatch.Auto;
    }

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint => _local ??= _localAddress is { } address ? ReadAddress(address) : null;

    /// <summary>The peer's address, if the endpoint is connected. Readable after close.</summary>
    /// <value>An IPv4-mapped IPv6 address is shown as IPv4. Null if the endpoint is not connected, or if a Unix peer has no name.</value>
    public EndPoint? RemoteEndPoint => _peer?.EndPoint;

    private protected bool IsConnected => _peer is not null;

    private protected override bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    private protected override Socket InnerSocket => _channel.Socket;

    private protected override SocketEngine InnerEngine => _channel.Engine;

    private protected DatagramChannel Channel => _channel;

    internal override IPollTarget? PollTarget => _channel.PollTarget;

    /// <inheritdoc/>
    public override SafeSocketHandle DuplicateHandle()
    {
        ThrowIfDisposed(Duplicate);
        try
        {
            return _channel.DuplicateHandle();
        }
        catch (SocketException exception)
        {
            // The system's message names neither the operation nor the endpoint.
            throw Faults.Failed(Duplicate, exception, this);
        }
    }

    /// <summary>The same as <see cref="SocketBase.Dispose()"/>: a datagram socket has no connection to reset.</summary>
    public override void Abort() => Dispose();

    internal override EndPoint? PeerEndPoint => RemoteEndPoint;

    internal override string Describe(char arrow) => _peer is { } peer
        ? $"{Show(LocalEndPoint)} {arrow} {Show(peer.EndPoint)}"
        : Show(LocalEndPoint);

    /// <summary>Formats an address for messages.</summary>
    private protected virtual string Show(EndPoint? endPoint) => Faults.Show(endPoint);

    private protected override int CountAvailable(Socket socket) => _channel.Offload.Available(socket.Available);

    private protected override IoTask WaitReadableCoreAsync(CancellationToken cancellationToken) =>
        _channel.WaitReadableAsync(cancellationToken);

    private protected override bool WaitReadableCore(TimeSpan timeout) => _channel.WaitReadable(timeout);

    private protected override bool WaitWritableCore(TimeSpan timeout) => _channel.WaitWritable(timeout);

    private protected override void DisposeCore()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _drops?.Close();
            _channel.Dispose();
            _guard?.Release();
            if (_logger is { } logger)
            {
                Log.EndpointClosed(logger, GetType().Name, LocalEndPoint);
            }
        }
    }

    /// <summary>Logs that a factory method has made this endpoint.</summary>
    private protected void LogOpened()
    {
        if (_logger is { } logger)
        {
            Log.EndpointOpened(logger, GetType().Name, LocalEndPoint, RemoteEndPoint, Engine.Description);
        }
    }

    /// <summary>Makes an address the only peer: connect(2).</summary>
    private protected void ConnectToPeer(EndPoint remote)
    {
        var address = new SocketAddress(_addressFamily, _addressSize);
        WriteAddress(remote, address, nameof(remote));
        IoResult outcome = _channel.Connect(address);
        if (outcome.Status == ChannelStatus.Failed)
        {
            // A failed connect(2) may have removed the old peer already, so the endpoint has none.
            _peer = null;
        }

        if (!outcome.IsSuccess)
        {
            throw Faults.Of(SocketOperation.Connect, outcome, this, ReadAddress(address), default, 0, default);
        }

        NotePeer(address);
    }

    /// <summary>Removes the peer: connect(2) with AF_UNSPEC.</summary>
    private protected void DisconnectFromPeer()
    {
        IoResult outcome = _channel.Disconnect();
        if (!outcome.IsSuccess)
        {
            throw Faults.Of(SocketOperation.Disconnect, outcome, this);
        }

        _peer = null;
        NoteLocal();
    }

    /// <summary>Records the peer of a socket that is connected. The address is null for an unnamed Unix peer.</summary>
    private protected virtual void NotePeer(SocketAddress? address)
    {
        _peer = new Peer(address is null ? null : ReadAddress(address), address);
        NoteLocal();
    }

    private void NoteLocal()
    {
        // On a closed endpoint the read gives null, and the last address stays readable.
        if (_channel.ReadLocalAddress() is { } address)
        {
            _localAddress = address;
            _local = null;
        }
    }

    private sealed record Peer(EndPoint? EndPoint, SocketAddress? Address);
}
