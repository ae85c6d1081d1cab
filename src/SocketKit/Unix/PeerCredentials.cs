namespace SocketKit;

/// <summary>Who is at the other end of a Unix socket, as the kernel noted it when the connection was made: SO_PEERCRED, unix(7).</summary>
/// <param name="ProcessId">The process that called connect(2), listen(2) or socketpair(2). It may have ended since, and its number be used again.</param>
/// <param name="UserId">Its effective user.</param>
/// <param name="GroupId">Its effective group.</param>
public readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId);
