namespace SocketKit;

/// <summary>
/// What a server does about certificates of its clients (RFC 8446, section 4.3.2). A certificate that is shown is always checked: its
/// chain has to end at a trusted root, and it must be valid now and allowed for clients.
/// </summary>
public enum ClientCertificates
{
    /// <summary>It does not ask for one, and <see cref="TlsInfo.PeerCertificate"/> is null.</summary>
    None,

    /// <summary>
    /// It asks for one. A client without one is served, and <see cref="TlsInfo.PeerCertificate"/> is null; one with a certificate that
    /// fails its check is refused.
    /// </summary>
    Accept,

    /// <summary>It asks for one, and refuses clients without. <see cref="TlsInfo.PeerCertificate"/> is never null.</summary>
    Require,
}
