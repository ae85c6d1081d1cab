namespace SocketKit.Sockets;

/// <summary>
/// The peer has sent bytes before its handshake, so the upgrade to TLS was refused. It is a type of its own because in a handler it is the
/// peer's fault; all other reasons against an upgrade are the caller's.
/// </summary>
internal sealed class BytesBeforeTlsException(string message, StreamConnection origin) : InvalidOperationException(message)
{
    /// <summary>The connection that was to be upgraded.</summary>
    public StreamConnection Origin => origin;
}
