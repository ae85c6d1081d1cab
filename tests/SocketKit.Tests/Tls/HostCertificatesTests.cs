using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Tls;

/// <summary>Which certificate a server shows, by the name that the client asks for.</summary>
public sealed class HostCertificatesTests
{
    private static readonly TestAuthority s_authority = new();

    public static TheoryData<SslProtocols> Versions { get; } = [SslProtocols.Tls12, SslProtocols.Tls13];

    [Theory]
    [InlineData("a.example", "exact")]
    [InlineData("A.EXAMPLE.", "exact")]
    [InlineData("b.example", "wildcard")]
    [InlineData("c.b.example", "default")]
    [InlineData("example", "default")]
    [InlineData("bücher.example.com", "german")]
    [InlineData("xn--bcher-kva.example.com", "german")]
    [InlineData("127.0.0.1", "default")]
    public async Task The_exact_name_goes_before_the_wildcard_and_that_before_the_default(string asked, string shown)
    {
        var server = new TlsServerOptions
        {
            Certificate = Make("default"),
            HostCertificates = { ["*.example"] = Make("wildcard"), ["a.Example"] = Make("exact"), ["BÜCHER.example.com"] = Make("german") },
        };

        using TlsPair pair = await TlsPair.MeetAsync(server, Anybody(), asked);

        pair.Client.Info!.PeerCertificate!.GetNameInfo(X509NameType.SimpleName, false).Should().Be(shown);
        pair.Server.Info!.HostName.Should().Be(asked == "127.0.0.1" ? null : pair.Client.Info.HostName);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Without_a_default_a_client_that_asks_for_another_host_is_refused(SslProtocols version)
    {
        using TlsPair pair = await TlsPair.MeetAsync(Without(version), Anybody(), "b.example");

        pair.Server.Text.Should().Be(
            "handshake as a server on 127.0.0.1:2 ↔ 127.0.0.1:1 failed: the client has asked for b.example, and there is no certificate "
            + "for it: none in TlsServerOptions.HostCertificates, and no default one.");
        pair.Client.Text.Should().Contain("the peer has closed the connection before the handshake was over");
    }

    [Fact]
    public async Task Without_a_default_a_client_that_names_no_host_is_refused()
    {
        using TlsPair pair = await TlsPair.MeetAsync(Without(SslProtocols.Tls13), Anybody(), "127.0.0.1");

        pair.Server.Text.Should().Contain("the client has named no host, and there is no default certificate");
    }

    private static TlsServerOptions Without(SslProtocols version) =>
        new() { Protocols = version, HostCertificates = { ["a.example"] = Make("exact") } };

    private static TlsClientOptions Anybody() => new() { DangerousServerCertificateValidation = static (_, _, _) => true };

    private static TlsCertificate Make(string name) => s_authority.IssueTls(new CertificateOrder { CommonName = name, Names = [name] });
}
