namespace SocketKit.Engine;

/// <summary>An exception that knows what has become of its connection, although it is none of the system.</summary>
internal interface IConnectionFault
{
    /// <summary>Whether a time of this library has passed.</summary>
    bool IsTimeout { get; }

    /// <summary>Whether the connection was lost.</summary>
    bool IsDisconnect { get; }
}
