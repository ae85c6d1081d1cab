using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Sockets;
using SocketKit.Sockets.Options;
using SocketKit.Tcp;

namespace SocketKit;

/// <summary>A TCP connection, accepted by a <see cref="TcpServer"/> or opened as a <see cref="TcpClient"/>.</summary>
public partial class TcpConnection : StreamConnection
{
    /// <summary>Shown where the system could not say, because the peer reset the connection in the backlog.</summary>
    private static readonly IPEndPoint s_unknown = new(IPAddress.Any, 0);

    internal TcpConnection(StreamChannel channel, TcpOptions? options)
        : base(channel, options)
    {
    }

    /// <inheritdoc/>
    public override IPEndPoint LocalEndPoint => base.LocalEndPoint as IPEndPoint ?? s_unknown;

    /// <inheritdoc/>
    public override IPEndPoint RemoteEndPoint => base.RemoteEndPoint as IPEndPoint ?? s_unknown;

    /// <summary>TCP_NODELAY: small messages leave at once.</summary>
    /// <exception cref="SocketException">The system refused.</exception>
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

    /// <summary>Keep-alive probes; null when they are off.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A time is not whole seconds in 1 to 32 767, or the probes are not 1 to 127.</exception>
    /// <exception cref="SocketException">The system refused.</exception>
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

    /// <summary>SO_LINGER: null is the system's way, zero makes every close an RST.</summary>
    /// <value>
    /// Whole seconds, at most 65 535. A positive time is how long close(2) would wait; <c>Dispose</c> never does, and switches it off
    /// before. The peer gets the same as with null: the kernel goes on delivering what was sent, and then the end.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is not whole seconds in 0 to 65 535.</exception>
    /// <exception cref="SocketException">The system refused.</exception>
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

    /// <summary>TCP_USER_TIMEOUT (RFC 5482): how long sent data or probes may stay unacknowledged. Null where off or not Linux.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not 1 ms to 24 days.</exception>
    /// <exception cref="ArgumentException">The value is below keep-alive's idle + interval × probes, which the kernel would let it override.</exception>
    /// <exception cref="PlatformNotSupportedException">Set, and the system is not Linux.</exception>
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
    /// <param name="connected">The socket. It must not be used otherwise while wrapped.</param>
    /// <param name="ownsSocket">
    /// Whether closing the connection closes the socket. Closing then ends the connection, by shutdown(2), also for a duplicate of the descriptor
    /// that was made elsewhere. If not, it is left open, in the blocking state it had.
    /// </param>
    /// <returns>The connection, without time-outs; its options are left as they are.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="connected"/> is null.</exception>
    /// <exception cref="ArgumentException">It is not a connected TCP socket.</exception>
    public static TcpConnection FromSocket(Socket connected, bool ownsSocket = true)
    {
        Adoption.CheckConnected(connected, nameof(connected), SocketType.Stream, "TCP", AddressFamily.InterNetwork, AddressFamily.InterNetworkV6);
        return new TcpConnection(SocketEngine.Default.AdoptStream(connected, ownsSocket), null);
    }

    /// <summary>Two connections joined over loopback, as socketpair(2) gives for Unix sockets. Both ends are verified to belong together.</summary>
    /// <returns>The two ends, without time-outs.</returns>
    /// <exception cref="SocketException">The system refused.</exception>
    public static (TcpConnection First, TcpConnection Second) CreatePair() => TcpPair.Create();
}
