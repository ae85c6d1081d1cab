using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tls;

namespace SocketKit.Tests.Tls;

public sealed class TlsCertificateTests
{
    private static readonly TestAuthority s_authority = new();

    [Fact]
    public void A_certificate_without_its_key_is_refused()
    {
        Action make = () => TlsCertificate.From(s_authority.Certificate);

        make.Should().Throw<ArgumentException>().WithMessage("The certificate CN=SocketKit Test Root has no private key.*");
    }

    [Fact]
    public void Weak_certificates_are_refused_because_peers_would()
    {
        Action small = () => s_authority.IssueTls(new CertificateOrder { RsaKeySize = 1024 });
        Action weak = () => s_authority.IssueTls(new CertificateOrder { Hash = HashAlgorithmName.SHA1 });

        small.Should().Throw<ArgumentException>().WithMessage("The certificate CN=test has an RSA key of 1024 bits, less than 2048*");
        weak.Should().Throw<ArgumentException>().WithMessage("The certificate CN=test is signed with SHA-1*");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2048)]
    public async Task What_it_was_made_from_may_be_disposed_at_once(int rsaKeySize)
    {
        TestAuthority issuer = s_authority.Intermediate();
        X509Certificate2Collection chain = issuer.Chain;
        X509Certificate2 original = issuer.Issue(new CertificateOrder { Names = ["a.example"], RsaKeySize = rsaKeySize });
        using var certificate = TlsCertificate.From(original, chain);

        certificate.NotAfter.Should().Be(original.NotAfter.ToUniversalTime());
        certificate.NotAfter.Kind.Should().Be(DateTimeKind.Utc);
        original.Dispose();
        chain[0].Dispose();

        (await ShownByAsync(certificate)).Should().Be("CN=test");
    }

    [Fact]
    public async Task The_next_handshake_shows_what_it_was_replaced_with_also_if_it_resumes_a_session()
    {
        using TlsCertificate certificate = s_authority.IssueTls("a.example");
        (await ShownByAsync(certificate)).Should().Be("CN=test");
        (await ShownByAsync(certificate)).Should().Be("CN=test");

        certificate.Replace(s_authority.Issue(new CertificateOrder { CommonName = "second", Names = ["a.example"], ValidTo = 7 }));

        (await ShownByAsync(certificate)).Should().Be("CN=second");
        certificate.NotAfter.Should().BeCloseTo(DateTime.UtcNow.AddDays(7), TimeSpan.FromHours(1));
    }

    [Fact]
    public async Task What_cannot_replace_it_changes_nothing()
    {
        using TlsCertificate certificate = s_authority.IssueTls("a.example");
        Action replace = () => certificate.Replace(s_authority.Certificate);

        replace.Should().Throw<ArgumentException>();

        (await ShownByAsync(certificate)).Should().Be("CN=test");
    }

    [Fact]
    public async Task A_disposed_one_is_shown_no_more_and_what_is_connected_goes_on()
    {
        TlsCertificate certificate = s_authority.IssueTls("a.example");
        var server = new TlsServerSettings(new() { Certificate = certificate });
        using TlsPair before = await TlsPair.MeetAsync(server, Client());

        certificate.Dispose();
        certificate.Dispose();

        using TlsPair after = await TlsPair.MeetAsync(server, Client());
        after.Server.Text.Should().EndWith("failed: the certificate of this side was disposed.");
        after.Server.Failure!.IsOwnFault.Should().BeTrue();
        await before.TalkAsync();
        Action replace = () => certificate.Replace(s_authority.Issue("a.example"));
        replace.Should().Throw<ObjectDisposedException>();
        certificate.NotAfter.Should().BeAfter(DateTime.UtcNow);
    }

    /// <summary>
    /// Whatever a handshake has made of it, too: the options that a server caches, and what SslStream and OpenSSL keep for a certificate.
    /// </summary>
    [Fact]
    public async Task What_was_replaced_is_released()
    {
        using TlsCertificate certificate = s_authority.IssueTls("a.example");
        var server = new TlsServerSettings(new() { Certificate = certificate });
        WeakReference old = await UseAsync(certificate, server);

        certificate.Replace(s_authority.Issue("a.example"));

        await Eventually.BeTrueAsync(
            () =>
            {
                GC.Collect();
                return !old.IsAlive;
            },
            "nothing holds it");
        GC.KeepAlive(server);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task No_handshake_fails_while_it_is_replaced_all_the_time(SslProtocols version)
    {
        using TlsCertificate certificate = s_authority.IssueTls("a.example");
        var server = new TlsServerSettings(new() { Certificate = certificate, Protocols = version });
        TlsClientSettings client = Client();
        using var stop = new CancellationTokenSource();
        Task replacing = Limits.OnThread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                certificate.Replace(s_authority.Issue("a.example"));
            }
        });

        for (int i = 0; i < 100; i++)
        {
            using TlsPair pair = await TlsPair.MeetAsync(server, client);
            (pair.Server.Text + pair.Client.Text).Should().BeEmpty();
        }

        await stop.CancelAsync();
        await replacing.Within();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static async Task<WeakReference> UseAsync(TlsCertificate certificate, TlsServerSettings server)
    {
        var shown = new WeakReference(certificate.Context);
        using TlsPair pair = await TlsPair.MeetAsync(server, Client());
        pair.Client.Text.Should().BeEmpty();
        return shown;
    }

    private static TlsClientSettings Client() => new(new() { TrustedRoots = s_authority.Roots }, "a.example");

    private static async Task<string> ShownByAsync(TlsCertificate certificate)
    {
        using TlsPair pair = await TlsPair.MeetAsync(new TlsServerSettings(new() { Certificate = certificate }), Client());
        (pair.Server.Text + pair.Client.Text).Should().BeEmpty();
        await pair.TalkAsync();
        return pair.Client.Info!.PeerCertificate!.Subject;
    }
}
