using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>A certification authority in memory: a root, or an intermediate below one.</summary>
internal sealed class TestAuthority
{
    private static int s_serial;

    private readonly X509Certificate2 _certificate;
    private readonly TestAuthority? _issuer;

    public TestAuthority(string name = "SocketKit Test Root")
        : this(name, null, 99, true)
    {
    }

    private TestAuthority(string name, TestAuthority? issuer, int validTo, bool mayIssue)
    {
        _issuer = issuer;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(mayIssue, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        DateTimeOffset now = DateTimeOffset.UtcNow;
        if (issuer is null)
        {
            _certificate = request.CreateSelfSigned(now.AddDays(-100), now.AddDays(validTo));
            return;
        }

        using X509Certificate2 made = Sign(request, issuer, now.AddDays(-99), now.AddDays(validTo));
        _certificate = made.CopyWithPrivateKey(key);
    }

    /// <summary>This authority's certificate, without its key.</summary>
    public X509Certificate2 Certificate => X509CertificateLoader.LoadCertificate(_certificate.RawData);

    /// <summary>For TrustedRoots: the root above.</summary>
    public X509Certificate2Collection Roots => _issuer?.Roots ?? [Certificate];

    /// <summary>What has to be sent along with a certificate of this authority: itself and those above, without the root.</summary>
    public X509Certificate2Collection Chain => _issuer is null ? [] : [Certificate, .. _issuer.Chain];

    /// <param name="name">Its common name.</param>
    /// <param name="validTo">Days from now.</param>
    /// <param name="mayIssue">Whether its certificate says that it is an authority at all.</param>
    public TestAuthority Intermediate(string name = "SocketKit Test Intermediate", int validTo = 99, bool mayIssue = true) =>
        new(name, this, validTo, mayIssue);

    /// <summary>A certificate with its key for these hosts and addresses.</summary>
    public X509Certificate2 Issue(params string[] names) => Issue(new CertificateOrder { Names = names });

    public X509Certificate2 Issue(CertificateOrder order) => Make(order, this);

    /// <summary>The same as a <see cref="TlsCertificate"/> with its chain.</summary>
    public TlsCertificate IssueTls(params string[] names) => IssueTls(new CertificateOrder { Names = names });

    public TlsCertificate IssueTls(CertificateOrder order)
    {
        using X509Certificate2 certificate = Issue(order);
        return TlsCertificate.From(certificate, Chain);
    }

    /// <summary>A certificate with its key that nobody has issued but itself.</summary>
    public static X509Certificate2 SelfSigned(params string[] names) => SelfSigned(new CertificateOrder { Names = names });

    public static X509Certificate2 SelfSigned(CertificateOrder order) => Make(order, null);

    /// <summary>Certificate and key in PEM form, the certificates of <see cref="Chain"/> after the first one.</summary>
    public (string Certificate, string Key) IssuePem(params string[] names)
    {
        using X509Certificate2 certificate = Issue(names);
        string chain = string.Concat(Chain.Select(static one => $"{one.ExportCertificatePem()}\n"));
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        return ($"{certificate.ExportCertificatePem()}\n{chain}", key.ExportPkcs8PrivateKeyPem());
    }

    private static X509Certificate2 Make(CertificateOrder order, TestAuthority? issuer)
    {
        DateTimeOffset from = DateTimeOffset.UtcNow.AddDays(order.ValidFrom);
        DateTimeOffset to = DateTimeOffset.UtcNow.AddDays(order.ValidTo);
        if (order.RsaKeySize > 0)
        {
            using var rsa = RSA.Create(order.RsaKeySize);
            CertificateRequest ofRsa = Describe(
                new CertificateRequest($"CN={order.CommonName}", rsa, order.Hash, RSASignaturePadding.Pkcs1), order);
            using X509Certificate2 signed = issuer is null ? ofRsa.CreateSelfSigned(from, to) : Sign(ofRsa, issuer, from, to);
            return signed.HasPrivateKey ? new X509Certificate2(signed) : signed.CopyWithPrivateKey(rsa);
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = Describe(new CertificateRequest($"CN={order.CommonName}", key, order.Hash), order);
        using X509Certificate2 made = issuer is null ? request.CreateSelfSigned(from, to) : Sign(request, issuer, from, to);
        return made.HasPrivateKey ? new X509Certificate2(made) : made.CopyWithPrivateKey(key);
    }

    private static CertificateRequest Describe(CertificateRequest request, CertificateOrder order)
    {
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, false));
        if (order.Names.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            foreach (string name in order.Names)
            {
                if (IPAddress.TryParse(name, out IPAddress? address))
                {
                    names.AddIpAddress(address);
                }
                else
                {
                    names.AddDnsName(name);
                }
            }

            request.CertificateExtensions.Add(names.Build());
        }

        if (order.Usages.Length > 0)
        {
            OidCollection usages = [];
            Array.ForEach(order.Usages, usage => usages.Add(new Oid(usage)));
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(usages, false));
        }

        return request;
    }

    private static X509Certificate2 Sign(CertificateRequest request, TestAuthority issuer, DateTimeOffset from, DateTimeOffset to)
    {
        request.CertificateExtensions.Add(
            X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer._certificate, true, false));
        ECDsa key = issuer._certificate.GetECDsaPrivateKey()!;
        X509SignatureGenerator generator = request.HashAlgorithm == HashAlgorithmName.SHA1
            ? new Sha1Signature(key)
            : X509SignatureGenerator.CreateForECDsa(key);
        return request.Create(
            issuer._certificate.SubjectName, generator, from, to, BitConverter.GetBytes(Interlocked.Increment(ref s_serial)));
    }

    /// <summary>ecdsa-with-SHA1 (RFC 3279, section 2.2.3), which .NET checks, but does not make.</summary>
    private sealed class Sha1Signature(ECDsa key) : X509SignatureGenerator
    {
        public override byte[] GetSignatureAlgorithmIdentifier(HashAlgorithmName hashAlgorithm) =>
            [0x30, 0x09, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01];

        public override byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm) =>
            key.SignData(data, HashAlgorithmName.SHA1, DSASignatureFormat.Rfc3279DerSequence);

        protected override PublicKey BuildPublicKey() => CreateForECDsa(key).PublicKey;
    }
}
