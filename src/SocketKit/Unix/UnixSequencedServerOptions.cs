using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>Options of <see cref="UnixSequencedServer"/>. Blocking mode and time-outs apply to the accepted connections.</summary>
public sealed class UnixSequencedServerOptions : SocketOptions
{
    private const UnixFileMode PermissionBits = (UnixFileMode)0x1FF;

    /// <summary>
    /// How many connections may wait to be accepted: listen(2). The kernel limits it to somaxconn. Further clients wait in connect.
    /// </summary>
    /// <value>512 by default. 0 is passed to the system unchanged.</value>
    public int Backlog { get; set; } = 512;

    /// <summary>The initial <see cref="SocketBase.ReceiveTimeout"/> of the server, which is its accept time-out.</summary>
    /// <value>Infinite by default.</value>
    public TimeSpan AcceptTimeout { get; set; } = Infinite.InfiniteTimeSpan;

    /// <summary>The mode of the socket file, independent of the umask. A client needs write permission.</summary>
    /// <value>0600 by default: only the owner can connect. Not used for abstract names.</value>
    public UnixFileMode Mode { get; set; } = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// The numbers of the users who may connect; connections of others are closed when they are accepted: SO_PEERCRED, on Linux only.
    /// </summary>
    /// <value>
    /// Null by default. Then an abstract name, which has no file mode, admits only the user of this process, and a path admits every user
    /// that its mode permits.
    /// </value>
    public IReadOnlyCollection<uint>? AllowedUserIds { get; set; }

    internal override void Validate()
    {
        base.Validate();
        CheckAtLeast(Backlog, 0, nameof(Backlog));
        SocketBase.CheckTimeout(AcceptTimeout, nameof(AcceptTimeout));
        if ((Mode & ~PermissionBits) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(Mode), Mode, "A socket file's mode consists of the nine permission bits.");
        }

        if (AllowedUserIds is not null && !OperatingSystem.IsLinux())
        {
            throw new PlatformNotSupportedException("AllowedUserIds is available on Linux only.");
        }
    }
}
