using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

/// <summary>A certificate authority inside the sample, in place of a real one. What it issues is valid for a day.</summary>
internal sealed class Authority : IDisposable
{
    // What a certificate is for: TLS server and TLS client authentication (RFC 5280, section 4.2.1.12).
    private const string ForServers = "1.3.6.1.5.5.7.3.1";
    private const string ForClients = "1.3.6.1.5.5.7.3.2";

    public Authority(string name)
    {
        using ECDsa key = MakeKey();
        CertificateRequest request = Ask(name, key);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForCertificateAuthority(pathLengthConstraint: 0));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        Root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow.AddDays(1));
    }

    /// <summary>What the other side has to trust. It is no secret, but its key in this object is.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>A certificate, with its key, for a server that clients call by this name or by the address 127.0.0.1.</summary>
    public X509Certificate2 IssueToServer(string name) => Issue(name, ForServers, request =>
    {
        // Clients compare the host that they have dialled with these names, and never with the CN (RFC 9525).
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
    });

    /// <summary>A certificate, with its key, for a client of this name.</summary>
    public X509Certificate2 IssueToClient(string name) => Issue(name, ForClients, static _ => { });

    public void Dispose() => Root.Dispose();

    private X509Certificate2 Issue(string name, string purpose, Action<CertificateRequest> addNames)
    {
        using ECDsa key = MakeKey();
        CertificateRequest request = Ask(name, key);
        request.CertificateExtensions.Add(X509BasicConstraintsExtension.CreateForEndEntity());
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        addNames(request);

        // A random serial number of 16 bytes, whose first bit is 0, because it is a signed number.
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] &= 0x7F;
        using X509Certificate2 issued = request.Create(Root, Root.NotBefore, Root.NotAfter, serial);
        using X509Certificate2 withKey = issued.CopyWithPrivateKey(key);

        // Exported and loaded again, because some systems take no key that lives in memory only.
        return X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), password: null);
    }

    private static ECDsa MakeKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static CertificateRequest Ask(string name, ECDsa key) => new($"CN={name}", key, HashAlgorithmName.SHA256);
}
