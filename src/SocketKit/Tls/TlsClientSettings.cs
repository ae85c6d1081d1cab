namespace SocketKit.Tls;

/// <summary>The options of a client, checked and copied once.</summary>
internal sealed class TlsClientSettings
{
    /// <param name="options">The options.</param>
    /// <param name="dialled">The host that was dialled, a name or an address; null if there is none, so that TargetHost is needed.</param>
    /// <exception cref="ArgumentException">An option cannot be meant so, or there is no name to check the server against.</exception>
    public TlsClientSettings(TlsClientOptions options, string? dialled) => throw new NotImplementedException();

    public TimeSpan HandshakeTimeout => throw new NotImplementedException();

    /// <summary>One handshake as the client.</summary>
    public TlsHandshake Begin() => throw new NotImplementedException();
}
