using System.Net.Sockets;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="UnixDatagramEndpoint"/>.</summary>
public sealed class UnixDatagramOptions : SocketOptions
{
    private const UnixFileMode PermissionBits = (UnixFileMode)0x1FF;

    /// <summary>
    /// SOCK_SEQPACKET: a connection that preserves message boundaries. It has an end, where receives fail with
    /// <see cref="SocketError.Disconnecting"/>; a message of 0 bytes is a message. Such a socket can connect or be one of a pair, and
    /// <see cref="UnixSequencedServer"/> accepts it.
    /// </summary>
    /// <value>False by default: SOCK_DGRAM.</value>
    public bool SequencedPacket { get; set; }

    /// <summary>The mode of the socket file, independent of the umask. A sender needs write permission.</summary>
    /// <value>0600 by default: only the owner can send. An abstract name has no file, so every user of the machine can send to it.</value>
    public UnixFileMode Mode { get; set; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// How long <see cref="UnixDatagramEndpoint.Connect(string, UnixDatagramOptions?)"/> and
    /// <see cref="UnixDatagramEndpoint.ConnectAsync(string, UnixDatagramOptions?, CancellationToken)"/> wait while the backlog of a
    /// sequenced-packet server is full. Every other failure is reported immediately.
    /// </summary>
    /// <value>15 s by default.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// Whether a send to the connected peer that finds it closed connects to the socket that is bound to the peer's path now, and sends the
    /// datagram there, instead of failing once with ConnectionRefused. For logging, whose receiver may restart at any time.
    /// </summary>
    /// <value>
    /// False by default: the failure tells that the receiver has lost what it had not read. If nobody is bound to the path, the send fails
    /// with AddressNotAvailable or ConnectionRefused in either case. Not used for sequenced-packet connections.
    /// </value>
    public bool ReconnectAutomatically { get; set; }

    internal override void Validate()
    {
        base.Validate();
        if (ConnectTimeout <= TimeSpan.Zero && ConnectTimeout != Infinite.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(nameof(ConnectTimeout), ConnectTimeout, "Positive, or Timeout.InfiniteTimeSpan.");
        }

        if ((Mode & ~PermissionBits) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(Mode), Mode, "A socket file's mode consists of the nine permission bits.");
        }
    }
}
