namespace SocketKit.Sockets.Limits;

/// <summary>Why a connection was closed before a handler saw it.</summary>
internal enum RejectReason
{
    /// <summary>As many connections as MaxConnections permits are being served.</summary>
    Full,

    /// <summary>As many connections of its address as MaxConnectionsPerAddress permits are being served.</summary>
    FullForAddress,

    /// <summary>The AddressFilter returned false, or threw.</summary>
    Filter,

    /// <summary>Its user is not among the AllowedUserIds.</summary>
    User,

    /// <summary>It waited while the process had no descriptor left.</summary>
    Shortage,

    /// <summary>It was accepted while the server was stopping, or for nobody before that.</summary>
    Stopping,

    /// <summary>It could not be set up, for example because its peer had reset it.</summary>
    Lost,
}
