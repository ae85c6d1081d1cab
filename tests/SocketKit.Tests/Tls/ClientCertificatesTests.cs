using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tls;

namespace SocketKit.Tests.Tls;

/// <summary>Mutual TLS: who is let in, and who the server is told it is.</summary>
public sealed class ClientCertificatesTests
{
    private static readonly TestAuthority s_root = new();
    private static readonly TestAuthority s_issuer = s_root.Intermediate();

    public static TheoryData<SslProtocols> Versions { get; } = [SslProtocols.Tls12, SslProtocols.Tls13];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_client_that_is_not_asked_shows_none(SslProtocols version)
    {
        using TlsPair pair = await TlsPair.MeetAsync(Server(version, ClientCertificates.None), Client(Somebody()));

        pair.Server.Info!.PeerCertificate.Should().BeNull();
        pair.Client.Info!.PeerCertificate.Should().NotBeNull();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_client_with_a_certificate_is_known(SslProtocols version)
    {
        foreach (ClientCertificates mode in new[] { ClientCertificates.Accept, ClientCertificates.Require })
        {
            using TlsPair pair = await TlsPair.MeetAsync(Server(version, mode), Client(Somebody()));

            pair.Server.Info!.PeerCertificate!.Subject.Should().Be("CN=somebody");
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_client_without_a_certificate_is_served_or_refused_as_the_server_says(SslProtocols version)
    {
        using (TlsPair accepted = await TlsPair.MeetAsync(Server(version, ClientCertificates.Accept), Client(null)))
        {
            accepted.Server.Info!.PeerCertificate.Should().BeNull();
            await accepted.TalkAsync();
        }

        using TlsPair refused = await TlsPair.MeetAsync(Server(version, ClientCertificates.Require), Client(null));
        refused.Server.Text.Should().EndWith(
            "the peer has no certificate: the client has sent none, and ClientCertificates.Require asks for one.");
        refused.Server.Failure!.PolicyErrors.Should().Be(SslPolicyErrors.RemoteCertificateNotAvailable);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Accept_refuses_a_certificate_that_fails_its_check(SslProtocols version)
    {
        var other = new TestAuthority("Other Root");

        using TlsPair pair = await TlsPair.MeetAsync(Server(version, ClientCertificates.Accept), Client(other.IssueTls("client")));

        pair.Server.Text.Should().Contain("CN=Other Root, is unknown");
    }

    /// <summary>A session that OpenSSL resumes would bring the client's certificate without its intermediates.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_client_below_an_intermediate_is_known_each_time_it_comes(SslProtocols version)
    {
        var server = new TlsServerSettings(Server(version, ClientCertificates.Require));
        var client = new TlsClientSettings(Client(Somebody()), "a.example");

        for (int i = 0; i < 3; i++)
        {
            using TlsPair pair = await TlsPair.MeetAsync(server, client);
            pair.Server.Text.Should().BeEmpty();
            pair.Server.Info!.PeerCertificate!.Subject.Should().Be("CN=somebody");
            await pair.TalkAsync();
        }
    }

    /// <summary>OpenSSL resumes by certificate: also a session of a server that has not asked for a client's.</summary>
    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Servers_with_one_certificate_do_not_disturb_each_other(SslProtocols version)
    {
        TlsCertificate certificate = s_root.IssueTls("a.example");
        TlsServerSettings[] servers =
        [
            .. Enum.GetValues<ClientCertificates>().Select(mode => new TlsServerSettings(Server(version, mode, certificate))),
        ];
        var client = new TlsClientSettings(Client(Somebody()), "a.example");

        foreach (TlsServerSettings server in servers.Concat(servers.Reverse()).Concat(servers))
        {
            using TlsPair pair = await TlsPair.MeetAsync(server, client);
            (pair.Server.Text + pair.Client.Text).Should().BeEmpty();
            (pair.Server.Info!.PeerCertificate is null).Should().Be(server.ClientCertificates == ClientCertificates.None);
            await pair.TalkAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_check_of_the_callers_decides_alone(SslProtocols version)
    {
        SslPolicyErrors seen = SslPolicyErrors.None;
        TlsServerOptions server = Server(version, ClientCertificates.Require);
        server.DangerousClientCertificateValidation = (certificate, chain, errors) =>
        {
            seen = errors;
            chain.ChainElements.Should().NotBeEmpty();
            return certificate.Subject == "CN=test";
        };
        var other = new TestAuthority("Other Root");

        using (TlsPair accepted = await TlsPair.MeetAsync(server, Client(other.IssueTls("client"))))
        {
            accepted.Server.Info!.PeerCertificate.Should().NotBeNull();
            seen.Should().Be(SslPolicyErrors.RemoteCertificateChainErrors);
        }

        using TlsPair refused = await TlsPair.MeetAsync(server, Client(Somebody()));
        seen.Should().Be(SslPolicyErrors.None);
        refused.Server.Text.Should().EndWith("the peer's certificate is refused: DangerousClientCertificateValidation has said no "
            + "(the usual check has found no fault).");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task A_check_of_the_callers_that_throws_means_no_and_is_the_cause(SslProtocols version)
    {
        var thrown = new InvalidOperationException("no database\nfor this");
        TlsServerOptions server = Server(version, ClientCertificates.Require);
        server.DangerousClientCertificateValidation = (_, _, _) => throw thrown;
        TlsClientOptions client = Client(Somebody());

        using (TlsPair pair = await TlsPair.MeetAsync(server, client))
        {
            pair.Server.Failure!.InnerException.Should().BeSameAs(thrown);
            pair.Server.Text.Should().EndWith(
                "DangerousClientCertificateValidation has thrown InvalidOperationException: no database\\u000afor this "
                + "(the usual check has found no fault).");
        }

        client.DangerousServerCertificateValidation = (_, _, _) => throw thrown;
        client.TargetHost = "b.example";
        using TlsPair other = await TlsPair.MeetAsync(Server(version, ClientCertificates.None), client);
        other.Client.Failure!.InnerException.Should().BeSameAs(thrown);
        other.Client.Failure.PolicyErrors.Should().Be(SslPolicyErrors.RemoteCertificateNameMismatch);
        other.Client.Text.Should().EndWith(
            "DangerousServerCertificateValidation has thrown InvalidOperationException: no database\\u000afor this "
            + "(the usual check has found RemoteCertificateNameMismatch: it is for: a.example; it was checked against b.example).");
    }

    [Fact]
    public async Task A_check_of_the_callers_that_says_no_tells_what_the_usual_check_has_found()
    {
        TlsClientOptions client = Client(certificate: null);
        client.DangerousServerCertificateValidation = (_, _, _) => false;
        client.TargetHost = "a.example";
        using (TlsPair pair = await TlsPair.MeetAsync(Server(SslProtocols.Tls13, ClientCertificates.None), client))
        {
            pair.Client.Text.Should().EndWith("DangerousServerCertificateValidation has said no "
                + "(the usual check has found no fault; it is for: a.example; it was checked against a.example).");
        }

        client.TargetHost = "b.example";
        client.TrustedRoots = new TestAuthority("Other Root").Roots;
        using TlsPair other = await TlsPair.MeetAsync(Server(SslProtocols.Tls13, ClientCertificates.None), client);
        other.Client.Failure!.PolicyErrors.Should().Be(
            SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateChainErrors);
        other.Client.Text.Should()
            .Contain("has said no (the usual check has found RemoteCertificateNameMismatch, RemoteCertificateChainErrors: ")
            .And.Contain(" it is for: a.example")
            .And.Contain("; it was checked against b.example; ").And.EndWith(").");
    }

    private static TlsCertificate Somebody() => s_issuer.IssueTls(new CertificateOrder { CommonName = "somebody" });

    private static TlsServerOptions Server(SslProtocols version, ClientCertificates mode, TlsCertificate? certificate = null) => new()
    {
        Certificate = certificate ?? s_root.IssueTls("a.example"),
        Protocols = version,
        ClientCertificates = mode,
        TrustedRoots = mode == ClientCertificates.None ? null : s_root.Roots,
    };

    private static TlsClientOptions Client(TlsCertificate? certificate) =>
        new() { TrustedRoots = s_root.Roots, ClientCertificate = certificate };
}
