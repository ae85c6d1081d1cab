using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tls;

namespace SocketKit.Tests.Tls;

/// <summary>Files that are watched: what replaces them is taken when it is whole, however it comes there.</summary>
public sealed class CertificateWatchTests : IDisposable
{
    private static readonly TestAuthority s_authority = new();

    private readonly PemFolder _folder = new();
    private readonly ManualClock _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_change_is_taken_when_two_looks_have_seen_the_same()
    {
        using TlsCertificate certificate = Watch("one");
        _folder.Write(s_authority.IssuePem("two"));

        _clock.Advance(CertificateWatch.Interval);
        NamesOf(certificate).Should().Be("one", "a writer may not be ready");
        _clock.Advance(CertificateWatch.Settling);

        NamesOf(certificate).Should().Be("two");
        certificate.LastReloadError.Should().BeNull();
    }

    [Fact]
    public void A_writer_that_goes_on_is_waited_for()
    {
        using TlsCertificate certificate = Watch("one");
        TestAuthority issuer = s_authority.Intermediate();
        (string text, string key) = issuer.IssuePem("two");
        int leaf = text.IndexOf("-----END CERTIFICATE-----\n", StringComparison.Ordinal) + "-----END CERTIFICATE-----\n".Length;

        _folder.Write((text[..leaf], key));
        _clock.Advance(CertificateWatch.Interval);
        _folder.Write((text, key));
        _clock.Advance(CertificateWatch.Settling);
        NamesOf(certificate).Should().Be("one");
        _clock.Advance(CertificateWatch.Settling);

        NamesOf(certificate).Should().Be("two");
        certificate.Context.IntermediateCertificates.Should().ContainSingle("the whole chain was taken");
    }

    [Fact]
    public void A_half_written_pair_keeps_the_old_one_and_is_tried_again()
    {
        using TlsCertificate certificate = Watch("one");
        (string text, string key) = s_authority.IssuePem("two");

        // The certificate comes first, so that the old key does not fit it.
        File.WriteAllText(_folder.Certificate, text);
        Look();
        NamesOf(certificate).Should().Be("one");
        certificate.LastReloadError.Should().BeOfType<CryptographicException>().Which.Message
            .Should().Contain("the key cannot be used with the certificate");
        File.WriteAllText(_folder.Key, key[..(key.Length / 2)]);
        Look();
        NamesOf(certificate).Should().Be("one");
        certificate.LastReloadError.Should().NotBeNull();

        File.WriteAllText(_folder.Key, key);
        Look();

        NamesOf(certificate).Should().Be("two");
        certificate.LastReloadError.Should().BeNull();
    }

    [Fact]
    public void Files_that_are_gone_keep_the_old_one_until_they_are_there_again()
    {
        using TlsCertificate certificate = Watch("one");
        (string Certificate, string Key) pem = (File.ReadAllText(_folder.Certificate), File.ReadAllText(_folder.Key));
        File.Delete(_folder.Key);

        Look();
        NamesOf(certificate).Should().Be("one");
        certificate.LastReloadError.Should().BeOfType<FileNotFoundException>();
        _folder.Write(pem);
        Look();

        certificate.LastReloadError.Should().BeNull("they are as they were");
        _folder.Write(s_authority.IssuePem("two"));
        Look();
        NamesOf(certificate).Should().Be("two");
    }

    [Fact]
    public void A_file_that_is_renamed_over_it_is_noticed_even_with_the_same_time_and_size()
    {
        using TlsCertificate certificate = Watch("one");
        (string text, string key) = s_authority.IssuePem("two");
        foreach ((string path, string content) in new[] { (_folder.Certificate, text), (_folder.Key, key) })
        {
            File.WriteAllText($"{path}.new", content);
            File.SetLastWriteTimeUtc($"{path}.new", File.GetLastWriteTimeUtc(path));
            File.Move($"{path}.new", path, overwrite: true);
        }

        Look();

        NamesOf(certificate).Should().Be("two");
    }

    /// <summary>tls.crt → ..data/tls.crt, and ..data → a folder with a date: only ..data is replaced.</summary>
    [Fact]
    public void A_link_to_a_folder_that_is_pointed_elsewhere_as_by_Kubernetes_is_noticed()
    {
        if (OperatingSystem.IsWindows())
        {
            // Links need a privilege there.
            return;
        }

        string Version(string name)
        {
            string folder = Directory.CreateDirectory(Path.Combine(_folder.Root, name)).FullName;
            (string text, string key) = s_authority.IssuePem(name);
            File.WriteAllText(Path.Combine(folder, "tls.crt"), text);
            File.WriteAllText(Path.Combine(folder, "tls.key"), key);
            return name;
        }

        string data = Path.Combine(_folder.Root, "..data");
        File.CreateSymbolicLink(data, Version("one"));
        File.CreateSymbolicLink(_folder.Certificate, Path.Combine("..data", "tls.crt"));
        File.CreateSymbolicLink(_folder.Key, Path.Combine("..data", "tls.key"));
        using var certificate = TlsCertificate.FromPemFile(_folder.Certificate, _folder.Key, watch: true, _clock);

        Directory.Delete(data);
        File.CreateSymbolicLink(data, Version("two"));
        Look();

        NamesOf(certificate).Should().Be("two");
    }

    [Fact]
    public void Replace_holds_until_the_files_change()
    {
        using TlsCertificate certificate = Watch("one");
        certificate.Replace(s_authority.Issue("by hand"));

        Look();
        NamesOf(certificate).Should().Be("by hand");
        _folder.Write(s_authority.IssuePem("two"));
        Look();

        NamesOf(certificate).Should().Be("two");
    }

    /// <summary>A renewal that has failed, or a copy of an old file, must not take down a server that works.</summary>
    [Theory]
    [InlineData(-3, -1, "the certificate has expired on ")]
    [InlineData(1, 3, "the certificate is not valid before ")]
    public void One_that_is_not_valid_now_does_not_replace_one_that_is(int from, int to, string why)
    {
        using TlsCertificate certificate = Watch("one");
        using X509Certificate2 other = s_authority.Issue(new CertificateOrder { Names = ["two"], ValidFrom = from, ValidTo = to });
        using ECDsa key = other.GetECDsaPrivateKey()!;
        (string Certificate, string Key) pem = (other.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
        _folder.Write(pem);

        Look();

        NamesOf(certificate).Should().Be("one");
        certificate.LastReloadError.Should().BeOfType<CryptographicException>().Which.Message
            .Should().Contain(_folder.Certificate).And.Contain(why);
        certificate.Replace(other);
        _folder.Write(s_authority.IssuePem("three"));
        Look();
        NamesOf(certificate).Should().Be("three", "the one in use was not valid either");
        certificate.LastReloadError.Should().BeNull();
    }

    [Fact]
    public void Nothing_is_looked_at_after_Dispose()
    {
        TlsCertificate certificate = Watch("one");
        _clock.IsWaitedFor.Should().BeTrue();

        certificate.Dispose();

        _clock.IsWaitedFor.Should().BeFalse();
    }

    [Fact]
    public async Task It_works_by_the_clock_of_the_system()
    {
        _folder.Write(s_authority.IssuePem("one"));
        using var certificate = TlsCertificate.FromPemFile(_folder.Certificate, _folder.Key, watch: true);

        _folder.Write(s_authority.IssuePem("two"));

        await Eventually.BeTrueAsync(() => NamesOf(certificate) == "two", "the files have changed");
    }

    private static string NamesOf(TlsCertificate certificate) =>
        SubjectNames.Of(certificate.Context.TargetCertificate).All.Single();

    private TlsCertificate Watch(string name)
    {
        _folder.Write(s_authority.IssuePem(name));
        return TlsCertificate.FromPemFile(_folder.Certificate, _folder.Key, watch: true, _clock);
    }

    /// <summary>Time for a look that sees the change, and one that takes it.</summary>
    private void Look()
    {
        _clock.Advance(CertificateWatch.Interval);
        _clock.Advance(CertificateWatch.Settling);
    }
}
