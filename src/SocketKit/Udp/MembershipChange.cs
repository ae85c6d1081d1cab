namespace SocketKit.Udp;

/// <summary>What a call changes of a group membership.</summary>
internal enum MembershipChange
{
    Join,
    Leave,

    /// <summary>One sender is not received any more, although the group is joined for all.</summary>
    Block,
    Unblock,
}
