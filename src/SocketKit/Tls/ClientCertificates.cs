namespace SocketKit;

/// <summary>What a server does about certificates of its clients.</summary>
public enum ClientCertificates
{
    /// <summary>It does not ask for one.</summary>
    None,

    /// <summary>It asks for one. A client without one is served; one with a certificate that fails its check is refused.</summary>
    Accept,

    /// <summary>It asks for one, and refuses clients without.</summary>
    Require,
}
