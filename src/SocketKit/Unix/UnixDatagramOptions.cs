using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="UnixDatagramEndpoint"/>.</summary>
public sealed class UnixDatagramOptions : SocketOptions
{
    private const UnixFileMode PermissionBits = (UnixFileMode)0x1FF;

    /// <summary>
    /// SOCK_SEQPACKET: a connection that keeps the boundaries of messages. It has an end: receives then throw
    /// <see cref="EndOfStreamException"/>, while a message of 0 bytes is a message. Such a socket connects or comes in pairs; it is not
    /// bound here, because its server would have to accept.
    /// </summary>
    /// <value>False by default: SOCK_DGRAM.</value>
    public bool SequencedPacket { get; set; }

    /// <summary>The mode of the socket file, whatever the umask. To send there one needs the right to write to it.</summary>
    /// <value>0600 by default: its owner only. An abstract name has no file: every user of the machine can send to it.</value>
    public UnixFileMode Mode { get; set; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// How long <see cref="UnixDatagramEndpoint.Connect(string, UnixDatagramOptions?)"/> waits while the backlog of a sequenced-packet
    /// server is full. Every other failure is told at once.
    /// </summary>
    /// <value>15 s by default.</value>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(15);

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
