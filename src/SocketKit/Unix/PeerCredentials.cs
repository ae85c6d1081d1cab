namespace SocketKit;

/// <summary>
/// Identifies the process at the other end of a Unix socket, as the kernel recorded it when the connection was made: SO_PEERCRED, unix(7).
/// </summary>
/// <param name="ProcessId">
/// The process that called connect(2), listen(2) or socketpair(2). It may have ended since, and its number may have been reused.
/// </param>
/// <param name="UserId">The effective user of that process.</param>
/// <param name="GroupId">The effective group of that process.</param>
public readonly record struct PeerCredentials(int ProcessId, uint UserId, uint GroupId);
