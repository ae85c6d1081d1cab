using System.Security.Cryptography;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>What a certificate of <see cref="TestAuthority"/> is like: good for servers and clients, unless it says otherwise.</summary>
internal sealed record CertificateOrder
{
    public const string ForServers = "1.3.6.1.5.5.7.3.1";
    public const string ForClients = "1.3.6.1.5.5.7.3.2";

    /// <summary>Subject alternative names: hosts, and IP addresses where they can be read as such.</summary>
    public string[] Names { get; init; } = [];

    public string CommonName { get; init; } = "test";

    /// <summary>Days from now, so that a certificate may have expired.</summary>
    public int ValidFrom { get; init; } = -1;

    public int ValidTo { get; init; } = 30;

    public string[] Usages { get; init; } = [ForServers, ForClients];

    /// <summary>The size of an RSA key in bits; 0 for ECDSA P-256, which is made in no time.</summary>
    public int RsaKeySize { get; init; }

    public HashAlgorithmName Hash { get; init; } = HashAlgorithmName.SHA256;
}
