using SocketKit.Sockets.Connecting;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="UnixClient"/>.</summary>
public sealed class UnixClientOptions : UnixOptions, IClientOptions<UnixClient>
{
    /// <summary>
    /// How long a connect waits while the server's backlog is full. Every other failure is reported immediately. With <see cref="Retry"/>
    /// it is the limit of one round.
    /// </summary>
    /// <value>15 s by default.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How a connect that failed is tried again.</summary>
    /// <value>
    /// Null by default: a connect has one round. <c>KeepConnectedAsync</c> then uses the defaults of <see cref="RetryOptions"/>. The object
    /// is copied with these options.
    /// </value>
    public RetryOptions? Retry { get; set; }

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
    public Action<UnixClient, Exception>? HandlerFailed { get; set; }

    /// <summary>
    /// Decides whether a handler's exception is the peer's fault, for example a malformed message. Such failures are logged at Debug only.
    /// </summary>
    /// <value>Null by default: no exception is the peer's fault. If it throws, the answer is false.</value>
    public Func<Exception, bool>? IsPeerFault { get; set; }

    private protected override void CopyParts() => Retry = Retry?.Copy();

    internal override void Validate()
    {
        base.Validate();
        SocketBase.CheckTimeout(DrainTimeout, nameof(DrainTimeout));
        Retry?.Validate();
        if (ConnectTimeout <= TimeSpan.Zero && ConnectTimeout != Infinite.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(ConnectTimeout), ConnectTimeout, "Positive, or Timeout.InfiniteTimeSpan.");
        }
    }
}
