using System.Net;
using System.Net.Sockets;
using SocketKit.Sockets;
using SocketKit.Sockets.Connecting;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="TcpClient"/>.</summary>
public sealed class TcpClientOptions : TcpOptions, IClientOptions<TcpClient>
{
    /// <summary>
    /// How long the whole connect may take: the name look-up and all addresses together. With <see cref="Retry"/> it is the limit of one
    /// round. A handshake of <see cref="Tls"/> has its own time.
    /// </summary>
    /// <value>15 s by default; the kernel alone would try for about two minutes.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The local address to connect from.</summary>
    /// <value>Null by default: the system chooses. If set, remote addresses of the other family are not tried.</value>
    public IPEndPoint? LocalEndPoint { get; set; }

    /// <summary>Restricts a name to its addresses of one family.</summary>
    /// <value>Null by default: both families.</value>
    public AddressFamily? AddressFamily { get; set; }

    /// <summary>How long an attempt may take before the next address is tried beside it (RFC 8305 section 5).</summary>
    /// <value>
    /// 250 ms by default. <see cref="Infinite.InfiniteTimeSpan"/>: the next address is tried only when an attempt has failed.
    /// </value>
    public TimeSpan HappyEyeballsDelay { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Decides which addresses of a name may be connected to, as a defence against names that point to private networks. It gets an
    /// IPv4-mapped IPv6 address as IPv4.
    /// </summary>
    /// <value>Null by default: all. If it throws, the connect fails with its exception.</value>
    public Func<IPAddress, bool>? AddressFilter { get; set; }

    /// <summary>How a connect that failed is tried again.</summary>
    /// <value>
    /// Null by default: a connect has one round. <c>KeepConnectedAsync</c> then uses the defaults of <see cref="RetryOptions"/>. The object
    /// is copied with these options.
    /// </value>
    public RetryOptions? Retry { get; set; }

    /// <summary>
    /// How the connection is encrypted. The handshake follows the TCP connect, and the call returns when both are done. From then on all
    /// calls of the connection encrypt and decrypt; <see cref="StreamConnection.Tls"/> says what was agreed on.
    /// </summary>
    /// <value>
    /// Null by default: no TLS. The options are checked and copied when the call begins. <see cref="TlsClientOptions.TargetHost"/> is the
    /// host that is dialled, a name or an address, unless it is set.
    /// </value>
    /// <remarks>
    /// <see cref="ConnectTimeout"/> is the limit of the look-up and the TCP connect, <see cref="TlsClientOptions.HandshakeTimeout"/> that
    /// of the handshake. A handshake that fails is a <see cref="TlsException"/>, and the connection was aborted. With <see cref="Retry"/>
    /// it is tried again if the connection was lost during the handshake or its time passed. It is not if either side has refused the
    /// other, for instance for its certificate: that would go on for ever. A server that refuses this side's certificate says so, with TLS
    /// 1.3, only after the handshake: the first receive fails.
    /// </remarks>
    public TlsClientOptions? Tls { get; set; }

    /// <summary>
    /// Whether <c>KeepConnectedAsync</c> ends when its handler returns while the connection is healthy: neither the peer nor the network
    /// has ended it, as far as this side knows.
    /// </summary>
    /// <value>False by default: the handler is run again on a new connection, whenever it has returned.</value>
    public bool StopWhenHandled { get; set; }

    /// <summary>How long the handler of <c>KeepConnectedAsync</c> may continue after its token has fired.</summary>
    /// <value>5 s by default. Then its connection is aborted.</value>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Called when the handler of <c>KeepConnectedAsync</c> has failed, with its exception, after its connection was aborted. The failure
    /// is also logged. Not called for faults of that connection itself, nor for those that <see cref="IsPeerFault"/> attributes to the
    /// peer. It is called if the server sent what is no message (<see cref="FrameException"/>), because then the address or the framing is
    /// wrong.
    /// </summary>
    /// <value>
    /// Null by default. It is called on the thread on which the handler ended. Exceptions that it throws are ignored. If it is null and
    /// there is no <see cref="SocketOptions.LoggerFactory"/> either, the first failure in the process is written to standard error.
    /// </value>
    public Action<TcpClient, Exception>? HandlerFailed { get; set; }

    /// <summary>
    /// Decides whether a handler's exception is the peer's fault, for example a malformed message. Such failures are logged at Debug only.
    /// </summary>
    /// <value>Null by default: no exception is the peer's fault. If it throws, the answer is false.</value>
    public Func<Exception, bool>? IsPeerFault { get; set; }

    private protected override void CopyParts() => Retry = Retry?.Copy();

    /// <summary>Who looks names up; tests replace it.</summary>
    internal NameLookups Names { get; set; } = NameLookups.Default;

    internal override void Validate()
    {
        base.Validate();
        CheckPositive(ConnectTimeout, nameof(ConnectTimeout));
        SocketBase.CheckTimeout(HappyEyeballsDelay, nameof(HappyEyeballsDelay));
        SocketBase.CheckTimeout(DrainTimeout, nameof(DrainTimeout));
        Retry?.Validate();
        if (AddressFamily is not (null or System.Net.Sockets.AddressFamily.InterNetwork or System.Net.Sockets.AddressFamily.InterNetworkV6))
        {
            throw new ArgumentException("TCP has the families InterNetwork and InterNetworkV6.", nameof(AddressFamily));
        }
    }
}
