namespace SocketKit;

/// <summary>Options of <see cref="UnixDatagramEndpoint"/>.</summary>
public sealed class UnixDatagramOptions : SocketOptions
{
    private const UnixFileMode PermissionBits = (UnixFileMode)0x1FF;

    /// <summary>
    /// SOCK_SEQPACKET: a connection that keeps the boundaries of messages. It has an end, which a receive shows as a message of 0 bytes. Such
    /// a socket connects or comes in pairs; it is not bound here, because its server would have to accept.
    /// </summary>
    /// <value>False by default: SOCK_DGRAM.</value>
    public bool SequencedPacket { get; set; }

    /// <summary>The mode of the socket file, whatever the umask. To send there one needs the right to write to it.</summary>
    /// <value>0600 by default: its owner only. An abstract name has no file: every user of the machine can send to it.</value>
    public UnixFileMode Mode { get; set; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    internal override void Validate()
    {
        base.Validate();
        if ((Mode & ~PermissionBits) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(Mode), Mode, "A socket file's mode consists of the nine permission bits.");
        }
    }
}
