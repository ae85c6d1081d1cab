namespace SocketKit.Tls;

/// <summary>The options of a server, checked and copied once; shared by all its handshakes.</summary>
internal sealed class TlsServerSettings
{
    /// <exception cref="ArgumentException">An option cannot be meant so.</exception>
    public TlsServerSettings(TlsServerOptions options) => throw new NotImplementedException();

    public TimeSpan HandshakeTimeout => throw new NotImplementedException();

    /// <summary>One handshake as the server.</summary>
    public TlsHandshake Begin() => throw new NotImplementedException();
}
