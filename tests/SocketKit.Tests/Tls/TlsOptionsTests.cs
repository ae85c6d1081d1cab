using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tls;

namespace SocketKit.Tests.Tls;

/// <summary>Options that cannot be meant so are refused by name, when a server or a client gets them and not at the first peer.</summary>
public sealed class TlsOptionsTests
{
    private static readonly TestAuthority s_authority = new();

    [Fact]
    public void A_server_without_any_certificate_is_refused_with_what_to_set()
    {
        RefusalOf(new TlsServerOptions()).Message.Should().Contain("set TlsServerOptions.Certificate, or HostCertificates");
    }

    [Fact]
    public void A_client_that_dials_no_host_needs_a_name()
    {
        RefusalOf(new TlsClientOptions(), dialled: null).Message.Should().Contain("TlsClientOptions.TargetHost has to say");
        new TlsClientSettings(new() { TargetHost = "A.example." }, dialled: null).HostName.Should().Be("a.example");
    }

    [Fact]
    public void A_target_host_goes_before_the_host_that_was_dialled()
    {
        new TlsClientSettings(new() { TargetHost = "a.example" }, "127.0.0.1").HostName.Should().Be("a.example");
        new TlsClientSettings(new(), "127.0.0.1").HostName.Should().Be("127.0.0.1");
    }

    [Fact]
    public void Old_versions_of_the_protocol_are_refused()
    {
        int[] refused = [0, 12, 48, 192, 768, 768 | 3072, 12288 | 192];

        foreach (SslProtocols protocols in refused.Select(static value => (SslProtocols)value))
        {
            RefusalOf(Server(options => options.Protocols = protocols)).ParamName.Should().Be("Protocols");
            RefusalOf(new TlsClientOptions { Protocols = protocols }).ParamName.Should().Be("Protocols");
        }
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("h2 h2", "twice")]
    public void Application_protocols_that_cannot_be_sent_are_refused(string protocols, string why)
    {
        RefusalOf(Server(options => Add(options.ApplicationProtocols, protocols))).Message.Should().Contain(why);
        var client = new TlsClientOptions();
        Add(client.ApplicationProtocols, protocols);
        RefusalOf(client).Message.Should().Contain(why);
    }

    [Fact]
    public void An_application_protocol_has_at_most_255_bytes()
    {
        var options = new TlsClientOptions { ApplicationProtocols = { new string('a', 255) } };
        _ = new TlsClientSettings(options, "a.example");

        options.ApplicationProtocols[0] = new string('a', 253) + "ü€";
        RefusalOf(options).Message.Should().Contain("258 bytes");
        options.ApplicationProtocols[0] = "\ud800";
        RefusalOf(options).Message.Should().Contain("is no valid text");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-2)]
    public void A_handshake_needs_time(int ticks)
    {
        RefusalOf(Server(options => options.HandshakeTimeout = TimeSpan.FromTicks(ticks))).ParamName.Should().Be("HandshakeTimeout");
        RefusalOf(new TlsClientOptions { HandshakeTimeout = TimeSpan.FromTicks(ticks) }).ParamName.Should().Be("HandshakeTimeout");
    }

    [Fact]
    public void A_handshake_may_have_any_time()
    {
        TimeSpan time = Timeout.InfiniteTimeSpan;

        new TlsServerSettings(Server(options => options.HandshakeTimeout = time)).HandshakeTimeout.Should().Be(time);
        new TlsClientSettings(new() { HandshakeTimeout = time }, "a.example").HandshakeTimeout.Should().Be(time);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("*", "may only stand for the whole first label")]
    [InlineData("a*.example", "may only stand for the whole first label")]
    [InlineData("*.*.example", "may only stand for the whole first label")]
    [InlineData("*.", "is empty")]
    [InlineData("a.example:443", "without a port")]
    [InlineData("127.0.0.1", "is an address")]
    [InlineData("[::1]", "is an address")]
    public void A_name_in_HostCertificates_must_be_one_that_clients_can_ask_for(string name, string why)
    {
        ArgumentException refusal = RefusalOf(Server(options => options.HostCertificates[name] = options.Certificate!));

        refusal.Message.Should().Contain(why);
        refusal.ParamName.Should().Be("HostCertificates");
    }

    [Fact]
    public void Two_names_in_HostCertificates_that_mean_the_same_are_refused()
    {
        TlsServerOptions options = Server(static _ => { });
        options.HostCertificates["bücher.example"] = options.HostCertificates["xn--bcher-kva.example."] = options.Certificate!;

        RefusalOf(options).Message.Should().Contain("is there twice: both mean xn--bcher-kva.example");
    }

    [Fact]
    public void No_certificate_for_a_host_is_refused()
    {
        RefusalOf(Server(static options => options.HostCertificates["a.example"] = null!)).Message.Should().Contain("is null");
    }

    [Fact]
    public void What_is_for_client_certificates_is_refused_where_no_client_is_asked_for_one()
    {
        RefusalOf(Server(static options => options.TrustedRoots = s_authority.Roots)).ParamName.Should().Be("TrustedRoots");
        RefusalOf(Server(static options => options.DangerousClientCertificateValidation = (_, _, _) => true)).ParamName
            .Should().Be("DangerousClientCertificateValidation");
        RefusalOf(Server(static options => options.ClientCertificates = (ClientCertificates)3)).ParamName.Should().Be("ClientCertificates");
    }

    [Fact]
    public void Roots_without_a_root_are_refused()
    {
        TestAuthority intermediate = s_authority.Intermediate();

        foreach (X509Certificate2Collection roots in new[] { [], intermediate.Chain })
        {
            RefusalOf(new TlsClientOptions { TrustedRoots = roots }).Message.Should().Contain("None of the certificates is a root");
        }

        _ = new TlsClientSettings(new() { TrustedRoots = [.. intermediate.Chain, .. s_authority.Roots] }, "a.example");
    }

    [Fact]
    public void Disposed_certificates_are_refused_at_once()
    {
        X509Certificate2 certificate = s_authority.Issue("a.example");
        X509Certificate2 root = s_authority.Certificate;
        root.Dispose();

        Refusal(() => TlsCertificate.From(certificate, [root])).ParamName.Should().Be("chain");
        RefusalOf(new TlsClientOptions { TrustedRoots = [root] }).ParamName.Should().Be("TrustedRoots");
        RefusalOf(Server(options => (options.ClientCertificates, options.TrustedRoots) = (ClientCertificates.Accept, [root])))
            .ParamName.Should().Be("TrustedRoots");
        certificate.Dispose();
        Refusal(() => TlsCertificate.From(certificate)).ParamName.Should().Be("certificate");
    }

    [Fact]
    public void A_disposed_TlsCertificate_is_refused_when_it_is_given_and_not_at_the_first_peer()
    {
        TlsCertificate certificate = s_authority.IssueTls("a.example");
        var byName = new TlsServerOptions { Certificate = s_authority.IssueTls("a.example") };
        byName.HostCertificates["a.example"] = certificate;
        certificate.Dispose();

        RefusalOf(Server(options => options.Certificate = certificate)).ParamName.Should().Be("Certificate");
        RefusalOf(byName).Message.Should().Contain("The certificate for \"a.example\" was disposed.");
        RefusalOf(new TlsClientOptions { ClientCertificate = certificate }).ParamName.Should().Be("ClientCertificate");
    }

    [Fact]
    public async Task What_the_caller_changes_or_disposes_later_has_no_effect()
    {
        TlsServerOptions server = Server(static options =>
        {
            options.ClientCertificates = ClientCertificates.Require;
            options.TrustedRoots = s_authority.Roots;
            options.HostCertificates["a.example"] = options.Certificate!;
            options.ApplicationProtocols.Add("h2");
        });
        var client = new TlsClientOptions
        {
            TrustedRoots = s_authority.Roots,
            ApplicationProtocols = { "h2" },
            ClientCertificate = s_authority.IssueTls(),
        };
        var serving = new TlsServerSettings(server);
        var dialling = new TlsClientSettings(client, "a.example");

        server.Certificate = null;
        server.HostCertificates.Clear();
        server.ClientCertificates = ClientCertificates.None;
        server.ApplicationProtocols.Clear();
        client.ClientCertificate = null;
        client.ApplicationProtocols[0] = "h3";
        client.TargetHost = "b.example";
        foreach (X509Certificate2 root in server.TrustedRoots!.Concat(client.TrustedRoots))
        {
            root.Dispose();
        }

        using TlsPair pair = await TlsPair.MeetAsync(serving, dialling);
        pair.Server.Info!.ApplicationProtocol.Should().Be("h2");
        pair.Server.Info.PeerCertificate.Should().NotBeNull();
        pair.Client.Info!.HostName.Should().Be("a.example");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_renegotiates_and_a_server_resumes_if_it_may_and_asks_for_no_certificate(bool mayResume)
    {
        TlsServerOptions options = Server(options => options.AllowResume = mayResume);
        var check = new PeerCheck(isClient: false, null, isOptional: true, validation: null);
        var server = new TlsServerSettings(options);
        SslServerAuthenticationOptions told = server.OptionsFor(options.Certificate!.Context, check);
        told.AllowRenegotiation.Should().BeFalse();
        told.AllowTlsResume.Should().Be(mayResume);
        server.OptionsFor(options.Certificate.Context, check).Should().BeSameAs(told);

        options.ClientCertificates = ClientCertificates.Accept;
        new TlsServerSettings(options).OptionsFor(options.Certificate.Context, check).AllowTlsResume.Should().BeFalse();

        SslClientAuthenticationOptions client =
            new TlsClientSettings(new() { AllowResume = mayResume }, "a.example").OptionsFor(check);
        client.AllowRenegotiation.Should().BeFalse();
        client.AllowTlsResume.Should().Be(mayResume);
    }

    private static void Add(IList<string> list, string protocols)
    {
        foreach (string protocol in protocols.Split(' '))
        {
            list.Add(protocol);
        }
    }

    private static TlsServerOptions Server(Action<TlsServerOptions> change)
    {
        var options = new TlsServerOptions { Certificate = s_authority.IssueTls("a.example") };
        change(options);
        return options;
    }

    private static ArgumentException RefusalOf(TlsServerOptions options) => Refusal(() => new TlsServerSettings(options));

    private static ArgumentException RefusalOf(TlsClientOptions options, string? dialled = "a.example") =>
        Refusal(() => new TlsClientSettings(options, dialled));

    private static ArgumentException Refusal(Func<object> make) => make.Should().Throw<ArgumentException>().Which;
}
