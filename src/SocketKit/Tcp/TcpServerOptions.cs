using SocketKit.Sockets.Serving;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="TcpServer"/>. Mode, time-outs and TCP options are those of the accepted connections.</summary>
public sealed class TcpServerOptions : TcpOptions, IServerOptions
{
    /// <summary>
    /// SO_REUSEADDR, and nothing else: a restart is possible while connections of the last run are in TIME_WAIT (RFC 9293 section 3.6).
    /// A second listener on the same port is refused all the same.
    /// </summary>
    /// <value>True by default. On Windows exclusive use is set instead, because there the option would permit hijacking the port.</value>
    public bool ReuseAddress { get; set; } = true;

    /// <summary>SO_REUSEPORT, and nothing else: several listeners of one user share a port, and the kernel spreads connections over them.</summary>
    /// <value>False by default. Not available on Windows.</value>
    public bool ReusePort { get; set; }

    /// <summary>Connections that may wait to be accepted: listen(2). The kernel caps it at somaxconn.</summary>
    /// <value>512 by default. 0 is passed on.</value>
    public int Backlog { get; set; } = 512;

    /// <summary>The first accept deadline of the server object.</summary>
    /// <value>Infinite by default.</value>
    public TimeSpan AcceptTimeout { get; set; } = Infinite.InfiniteTimeSpan;

    /// <summary>Whether a listener on all IPv6 addresses takes IPv4 connections, too (IPV6_V6ONLY off).</summary>
    /// <value>True by default. Where the system has no IPv6, all IPv4 addresses are listened on.</value>
    public bool DualMode { get; set; } = true;

    /// <summary>How long <c>StopAsync</c> lets handlers finish.</summary>
    /// <value>30 s by default.</value>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Connections that <c>ServeAsync</c> serves at a time; more are reset as soon as they are accepted.</summary>
    /// <value>10 000 by default.</value>
    public int MaxConnections { get; set; } = 10_000;

    internal override void Validate()
    {
        base.Validate();
        CheckAtLeast(Backlog, 0, nameof(Backlog));
        SocketBase.CheckTimeout(AcceptTimeout, nameof(AcceptTimeout));
        SocketBase.CheckTimeout(DrainTimeout, nameof(DrainTimeout));
        CheckAtLeast(MaxConnections, 1, nameof(MaxConnections));
    }
}
