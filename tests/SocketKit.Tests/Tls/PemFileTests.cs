using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tls;

namespace SocketKit.Tests.Tls;

/// <summary>Certificates from PEM files: what is taken, and what is refused with which text.</summary>
public sealed class PemFileTests : IDisposable
{
    private static readonly TestAuthority s_root = new();
    private static readonly TestAuthority s_issuer = s_root.Intermediate();

    private readonly PemFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_rest_of_the_file_is_sent_as_intermediates()
    {
        _folder.Write(s_issuer.IssuePem("a.example"));

        await WorksAsync(s_root);
    }

    [Fact]
    public async Task Certificate_and_key_may_be_in_one_file()
    {
        (string certificate, string key) = s_root.IssuePem("a.example");
        File.WriteAllText(_folder.Certificate, $"# both\n{key}\n{certificate}");
        File.Copy(_folder.Certificate, _folder.Key);

        await WorksAsync(s_root);
    }

    [Theory]
    [InlineData(0, "SEC1")]
    [InlineData(2048, "PKCS1")]
    [InlineData(2048, "PKCS8")]
    public async Task Every_usual_form_of_a_key_is_taken(int rsaKeySize, string form)
    {
        using X509Certificate2 certificate = s_root.Issue(new CertificateOrder { Names = ["a.example"], RsaKeySize = rsaKeySize });
        using RSA? rsa = certificate.GetRSAPrivateKey();
        using ECDsa? ecdsa = certificate.GetECDsaPrivateKey();

        // openssl ecparam writes the curve before the key.
        string key = form switch
        {
            "SEC1" => $"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n{ecdsa!.ExportECPrivateKeyPem()}",
            "PKCS1" => rsa!.ExportRSAPrivateKeyPem(),
            _ => rsa!.ExportPkcs8PrivateKeyPem(),
        };
        _folder.Write((certificate.ExportCertificatePem(), key));

        await WorksAsync(s_root);
    }

    [Fact]
    public void An_encrypted_key_is_refused_with_the_way_out()
    {
        using X509Certificate2 certificate = s_root.Issue("a.example");
        using ECDsa key = certificate.GetECDsaPrivateKey()!;
        string encrypted = key.ExportEncryptedPkcs8PrivateKeyPem(
            "secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000));
        const string Old = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n"
            + "-----END RSA PRIVATE KEY-----";

        foreach (string text in new[] { encrypted, Old })
        {
            _folder.Write((certificate.ExportCertificatePem(), text));
            Refusal().Should().Contain("the key is encrypted. Decrypt it (openssl pkey")
                .And.Contain(_folder.Certificate).And.Contain(_folder.Key);
        }
    }

    [Fact]
    public void A_key_of_another_certificate_is_refused()
    {
        _folder.Write((s_root.IssuePem("a.example").Certificate, s_root.IssuePem("a.example").Key));

        Refusal().Should().Contain("the key cannot be used with the certificate CN=test: ");
    }

    [Fact]
    public void Files_that_are_something_else_are_refused()
    {
        (string certificate, string key) = s_root.IssuePem("a.example");

        _folder.Write((key, key));
        Refusal().Should().Contain("contains no certificate in PEM form");
        _folder.Write((certificate, certificate));
        Refusal().Should().Contain("contains no private key in PEM form");
        _folder.Write((string.Empty, key));
        Refusal().Should().Contain("contains no certificate in PEM form");
        _folder.Write(("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key));
        Refusal().Should().Contain("the certificate file cannot be read");
    }

    /// <summary>As "cat" puts files together whose last line does not end.</summary>
    [Fact]
    public void Blocks_that_do_not_begin_a_line_are_called_that()
    {
        (string certificate, string key) = s_root.IssuePem("a.example");
        string second = s_root.Certificate.ExportCertificatePem();

        _folder.Write((certificate.TrimEnd() + second, key));
        int line = certificate.TrimEnd().Split('\n').Length;
        Refusal().Should().Contain($"a line end is missing in the certificate file: -----BEGIN stands in the middle of line {line}.");
        _folder.Write((certificate.TrimEnd() + second.TrimEnd() + second, key));
        Refusal().Should().Contain($"middle of line {line}.");
        _folder.Write((certificate, certificate.TrimEnd() + key));
        Refusal().Should().Contain($"a line end is missing in the key file: -----BEGIN stands in the middle of line {line}.");
    }

    [Fact]
    public void A_chain_in_the_wrong_order_is_said_with_the_certificate_that_has_to_be_first()
    {
        (string certificate, string key) = s_issuer.IssuePem("a.example");
        int end = certificate.IndexOf("-----END CERTIFICATE-----\n", StringComparison.Ordinal) + "-----END CERTIFICATE-----\n".Length;

        _folder.Write((certificate[end..] + certificate[..end], key));

        Refusal().Should().Contain("the first certificate in the file is CN=SocketKit Test Intermediate, and the key belongs to CN=test, "
            + "which has to be the first one.");
        _folder.Write((certificate[end..] + certificate[..end], s_root.IssuePem("b.example").Key));
        Refusal().Should().Contain("the key cannot be used with the certificate CN=SocketKit Test Intermediate: ");
    }

    /// <summary>Cut after every 20th byte: none is taken as if it were whole, except where a chain ends between two certificates.</summary>
    [Fact]
    public void Truncated_files_are_refused()
    {
        (string certificate, string key) = s_issuer.IssuePem("a.example");
        int first = certificate.IndexOf("-----END", StringComparison.Ordinal) + "-----END CERTIFICATE-----".Length;
        int second = certificate.IndexOf("-----BEGIN CERTIFICATE-----", first, StringComparison.Ordinal);
        IEnumerable<int> cuts = Enumerable.Range(0, certificate.Length / 20).Select(static index => index * 20)
            .Where(cut => cut < first || cut > second + "-----BEGIN CERTIFICATE-----".Length);

        foreach (int cut in cuts)
        {
            _folder.Write((certificate[..cut], key));
            Refusal().Should().Contain(_folder.Certificate);
        }

        foreach (int cut in Enumerable.Range(0, key.Length / 20).Select(static index => index * 20))
        {
            _folder.Write((certificate, key[..cut]));
            Refusal().Should().Contain(_folder.Key);
        }
    }

    [Fact]
    public void A_file_that_is_not_there_is_named()
    {
        _folder.Write(s_root.IssuePem("a.example"));
        File.Delete(_folder.Key);
        Action load = () => TlsCertificate.FromPemFile(_folder.Certificate, _folder.Key);

        load.Should().Throw<FileNotFoundException>().Which.Message.Should().Contain(_folder.Key);
        Action empty = () => TlsCertificate.FromPemFile(_folder.Certificate, string.Empty);
        empty.Should().Throw<ArgumentException>().WithParameterName("key");
    }

    private string Refusal()
    {
        Action load = () => TlsCertificate.FromPemFile(_folder.Certificate, _folder.Key);
        return load.Should().Throw<CryptographicException>().Which.Message;
    }

    private async Task WorksAsync(TestAuthority root)
    {
        using var certificate = TlsCertificate.FromPemFile(_folder.Certificate, _folder.Key);
        using TlsPair pair = await TlsPair.MeetAsync(
            new TlsServerOptions { Certificate = certificate }, new TlsClientOptions { TrustedRoots = root.Roots });
        (pair.Server.Text + pair.Client.Text).Should().BeEmpty();
        certificate.LastReloadError.Should().BeNull("nothing is watched");
    }
}
