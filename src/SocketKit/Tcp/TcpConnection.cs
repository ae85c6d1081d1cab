using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Sockets;
using SocketKit.Sockets.Options;
using SocketKit.Tcp;
using SocketKit.Telemetry;

namespace SocketKit;

/// <summary>A TCP connection that a <see cref="TcpServer"/> accepted, or that this side opened as a <see cref="TcpClient"/>.</summary>
public partial class TcpConnection : StreamConnection
{
    /// <summary>Stands for an address that the system did not report, because the peer reset the connection in the backlog.</summary>
    private static readonly IPEndPoint s_unknown = new(IPAddress.Any, 0);

    internal TcpConnection(StreamChannel channel, TcpOptions? options)
        : base(channel, options, Transport.Tcp)
    {
    }

    /// <inheritdoc/>
    public override IPEndPoint LocalEndPoint => base.LocalEndPoint as IPEndPoint ?? s_unknown;

    /// <inheritdoc/>
    public override IPEndPoint RemoteEndPoint => base.RemoteEndPoint as IPEndPoint ?? s_unknown;

    /// <summary>TCP_NODELAY: whether small messages are sent immediately.</summary>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public bool NoDelay
    {
        get
        {
            using var lease = new SocketCall(this, OptionFaults.Get, TcpSettings.NoDelayName);
            return TcpSettings.GetNoDelay(lease.Socket, this);
        }

        set
        {
            using var lease = new SocketCall(this, OptionFaults.Set, TcpSettings.NoDelayName);
            TcpSettings.SetNoDelay(lease.Socket, value, this);
        }
    }

    /// <summary>The keep-alive probes: SO_KEEPALIVE and its times. Null when they are off.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A time is not whole seconds from 1 to 32 767, or the number of probes is not 1 to 127.
    /// </exception>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public TcpKeepAlive? KeepAlive
    {
        get
        {
            using var lease = new SocketCall(this, OptionFaults.Get, TcpSettings.KeepAliveName);
            return TcpSettings.GetKeepAlive(lease.Socket, this);
        }

        set
        {
            value?.Validate(nameof(value));
            using var lease = new SocketCall(this, OptionFaults.Set, TcpSettings.KeepAliveName);
            TcpSettings.SetKeepAlive(lease.Socket, value, this);
        }
    }

    /// <summary>SO_LINGER. Null is the system's default. Zero makes every close an RST.</summary>
    /// <value>
    /// Whole seconds, at most 65 535. A positive time says how long close(2) would wait. <c>Dispose</c> never waits: it switches the option
    /// off first. The peer sees the same as with null: the kernel delivers what was sent, and then the end.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not whole seconds from 0 to 65 535.</exception>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public TimeSpan? Linger
    {
        get
        {
            using var lease = new SocketCall(this, OptionFaults.Get, TcpSettings.LingerName);
            return TcpSettings.GetLinger(lease.Socket, this);
        }

        set
        {
            if (value is { } linger)
            {
                TcpSettings.CheckLinger(linger, nameof(value));
            }

            using var lease = new SocketCall(this, OptionFaults.Set, TcpSettings.LingerName);
            TcpSettings.SetLinger(lease.Socket, value, this);
        }
    }

    /// <summary>
    /// TCP_USER_TIMEOUT (RFC 5482): how long sent data or keep-alive probes may stay unacknowledged. Null if it is off, or if the system is
    /// not Linux.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not 1 ms to 24 days.</exception>
    /// <exception cref="ArgumentException">
    /// The value is below keep-alive's idle + interval × probes. The kernel would let it override keep-alive.
    /// </exception>
    /// <exception cref="PlatformNotSupportedException">The property was set, and the system is not Linux.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public TimeSpan? UserTimeout
    {
        get
        {
            using var lease = new SocketCall(this, OptionFaults.Get, OptionTable.UserTimeout.Name);
            return TcpSettings.GetUserTimeout(lease.Socket, this);
        }

        set
        {
            if (value is { } timeout)
            {
                TcpSettings.CheckUserTimeout(timeout, KeepAlive, nameof(value));
            }

            using var lease = new SocketCall(this, OptionFaults.Set, OptionTable.UserTimeout.Name);
            TcpSettings.SetUserTimeout(lease.Socket, value, this);
        }
    }

    /// <summary>Wraps a connected TCP socket that was made elsewhere.</summary>
    /// <param name="connected">The socket. Do not use it directly while it is wrapped. It stays the caller's if the call throws.</param>
    /// <param name="options">
    /// Null: no time-outs, and the socket's options are unchanged. The properties that concern connecting have no effect here:
    /// <see cref="TcpClientOptions.ConnectTimeout"/>, <see cref="TcpClientOptions.LocalEndPoint"/>,
    /// <see cref="TcpClientOptions.AddressFamily"/>, <see cref="TcpClientOptions.AddressFilter"/>,
    /// <see cref="TcpClientOptions.HappyEyeballsDelay"/>, <see cref="TcpClientOptions.Retry"/>, <see cref="TcpClientOptions.Tls"/>,
    /// <c>StopWhenHandled</c>, <c>DrainTimeout</c>, <c>HandlerFailed</c>, <c>IsPeerFault</c>
    /// and <see cref="SocketOptions.Configure"/>.
    /// </param>
    /// <param name="ownsSocket">
    /// Whether closing the connection closes the socket. If true, closing calls shutdown(2), which also ends the connection for duplicates
    /// that <see cref="SocketBase.DuplicateHandle"/> has not made. If false, the socket stays open, in the blocking mode that it had
    /// before.
    /// </param>
    /// <returns>The connection.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="connected"/> is null.</exception>
    /// <exception cref="ArgumentException">
    /// <paramref name="connected"/> is not a connected TCP socket, or an option is out of range.
    /// </exception>
    /// <exception cref="SocketOperationException">The system refused an option.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static TcpConnection FromSocket(Socket connected, TcpClientOptions? options = null, bool ownsSocket = true)
    {
        TcpClientOptions? copy = Adoption.Snapshot(options);
        Adoption.CheckConnected(
            connected, nameof(connected), SocketType.Stream, "TCP", AddressFamily.InterNetwork, AddressFamily.InterNetworkV6);
        copy?.ApplyTo(connected);
        return Adoption.Logged(new TcpConnection(Adoption.EngineOf(copy).AdoptStream(connected, ownsSocket), copy), copy);
    }

    /// <summary>
    /// Makes two connections that are connected to each other over loopback, as socketpair(2) does for Unix sockets. It checks that the two
    /// ends belong together.
    /// </summary>
    /// <param name="options">
    /// The options of both ends; null for the default options. The properties that concern connecting have no effect here:
    /// <see cref="TcpClientOptions.ConnectTimeout"/>, <see cref="TcpClientOptions.LocalEndPoint"/>,
    /// <see cref="TcpClientOptions.AddressFamily"/>, <see cref="TcpClientOptions.AddressFilter"/>,
    /// <see cref="TcpClientOptions.HappyEyeballsDelay"/>, <see cref="TcpClientOptions.Retry"/>, <see cref="TcpClientOptions.Tls"/>,
    /// <c>StopWhenHandled</c>, <c>DrainTimeout</c>, <c>HandlerFailed</c>, <c>IsPeerFault</c>.
    /// <see cref="SocketOptions.Configure"/> is called with both ends, once they are connected.
    /// </param>
    /// <returns>The two ends.</returns>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// <see cref="TcpOptions.UserTimeout"/> is set, and the system is not Linux.
    /// </exception>
    public static (TcpConnection First, TcpConnection Second) CreatePair(TcpClientOptions? options = null) =>
        TcpPair.Create(SocketOptions.Snapshot(options));
}
