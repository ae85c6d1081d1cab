using System.Net.Sockets;
using SocketKit.Tcp;

namespace SocketKit;

/// <summary>Options of TCP connections, both opened and accepted.</summary>
public abstract class TcpOptions : SocketOptions
{
    private protected TcpOptions()
    {
    }

    /// <summary>TCP_NODELAY: small messages are sent immediately instead of waiting for the peer's acknowledgement (RFC 896).</summary>
    /// <value>True by default.</value>
    public bool NoDelay { get; set; } = true;

    /// <summary>The keep-alive probes: SO_KEEPALIVE and its times. Null switches them off.</summary>
    /// <value><see cref="TcpKeepAlive.Default"/>.</value>
    public TcpKeepAlive? KeepAlive { get; set; } = TcpKeepAlive.Default;

    /// <summary>
    /// How long sent data or keep-alive probes may stay unacknowledged: TCP_USER_TIMEOUT (RFC 5482), in milliseconds. Linux only.
    /// </summary>
    /// <value>
    /// Null by default. It must be at least keep-alive's idle + interval × probes, because the kernel lets it override keep-alive. It also
    /// ends connections whose peer is alive but does not read.
    /// </value>
    public TimeSpan? UserTimeout { get; set; }

    /// <summary>SO_LINGER. Null is the system's default. Zero makes every close an RST. See <see cref="TcpConnection.Linger"/>.</summary>
    /// <value>Null by default. Whole seconds, at most 65 535. <c>Dispose</c> never waits, whatever the value.</value>
    public TimeSpan? Linger { get; set; }

    internal override void Validate()
    {
        base.Validate();
        KeepAlive?.Validate(nameof(KeepAlive));
        if (UserTimeout is { } userTimeout)
        {
            TcpSettings.CheckUserTimeout(userTimeout, KeepAlive, nameof(UserTimeout));
        }

        if (Linger is { } linger)
        {
            TcpSettings.CheckLinger(linger, nameof(Linger));
        }
    }

    internal override void ApplyTo(Socket socket)
    {
        base.ApplyTo(socket);
        if (NoDelay)
        {
            TcpSettings.SetNoDelay(socket, true);
        }

        if (KeepAlive is { } keepAlive)
        {
            TcpSettings.SetKeepAlive(socket, keepAlive);
        }

        if (UserTimeout is { } userTimeout)
        {
            TcpSettings.SetUserTimeout(socket, userTimeout);
        }

        if (Linger is { } linger)
        {
            TcpSettings.SetLinger(socket, linger);
        }
    }
}
