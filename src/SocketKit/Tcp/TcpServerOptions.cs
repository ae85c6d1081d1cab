using SocketKit.Sockets.Serving;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="TcpServer"/>. Mode, time-outs and TCP options are those of the accepted connections.</summary>
public sealed class TcpServerOptions : TcpOptions, IServerOptions<TcpConnection>
{
    /// <summary>
    /// SO_REUSEADDR, and nothing else: a restart is possible while connections of the last run are in TIME_WAIT (RFC 9293 section 3.6).
    /// A second listener on the same port is refused all the same.
    /// </summary>
    /// <value>True by default. On Windows exclusive use is set instead, because there the option would permit hijacking the port.</value>
    public bool ReuseAddress { get; set; } = true;

    /// <summary>
    /// SO_REUSEPORT, and nothing else: several listeners of one user share a port, and the kernel spreads connections over them.
    /// </summary>
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
    /// <value>5 s by default: containers are killed 10 s after they were told to stop.</value>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Connections that <c>ServeAsync</c> serves at a time; more are reset as soon as they are accepted.</summary>
    /// <value>10 000 by default.</value>
    public int MaxConnections { get; set; } = 10_000;

    /// <summary>
    /// Told when a handler of <c>ServeAsync</c> failed, with what it threw, after its connection was aborted; in addition to the log line.
    /// Not told of faults of that connection itself, and of those that <see cref="IsPeerFault"/> puts down to the peer.
    /// </summary>
    /// <value>
    /// Null by default. It runs where the handler ended, and may run for several connections at a time. What it throws is lost. Where there
    /// is no <see cref="SocketOptions.LoggerFactory"/> either, the first failure of the process is written to standard error.
    /// </value>
    public Action<TcpConnection, Exception>? HandlerFailed { get; set; }

    /// <summary>
    /// Says whether what a handler threw is the peer's fault, as a malformed message is: such failures are logged at Debug only.
    /// </summary>
    /// <value>Null by default: none is. An exception in it counts as false.</value>
    public Func<Exception, bool>? IsPeerFault { get; set; }

    /// <inheritdoc/>
    TimeProvider IServerOptions<TcpConnection>.Clock => Clock;

    /// <summary>For tests, which do not wait for pauses and drains.</summary>
    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    internal override void Validate()
    {
        base.Validate();
        CheckAtLeast(Backlog, 0, nameof(Backlog));
        SocketBase.CheckTimeout(AcceptTimeout, nameof(AcceptTimeout));
        SocketBase.CheckTimeout(DrainTimeout, nameof(DrainTimeout));
        CheckAtLeast(MaxConnections, 1, nameof(MaxConnections));
    }
}
