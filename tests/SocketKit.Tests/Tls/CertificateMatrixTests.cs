using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tls;

namespace SocketKit.Tests.Tls;

/// <summary>
/// Good and bad certificates, in both roles and both versions: who is refused, and the text that says why. A client's name is not checked.
/// </summary>
public sealed class CertificateMatrixTests
{
    private const string Fine = "";
    private const string Unsent = "is unknown: it is not among the trusted roots, and the peer has not sent it as an intermediate";

    private static readonly TestAuthority s_root = new();
    private static readonly TestAuthority s_intermediate = s_root.Intermediate();
    private static readonly TestAuthority s_other = new("Other Root");

    /// <summary>Name; what the client dials; what a client says of a server with it; what a server says of a client with it.</summary>
    private static readonly (string Name, Func<TlsCertificate> Make, string Dialled, string OfServer, string OfClient)[] s_rows =
    [
        ("good", () => s_intermediate.IssueTls("a.example"), "a.example", Fine, Fine),
        ("expired", () => s_root.IssueTls(new CertificateOrder { Names = ["a.example"], ValidFrom = -10, ValidTo = -2 }), "a.example",
            "it has expired on 20", "it has expired on 20"),
        ("not yet valid", () => s_root.IssueTls(new CertificateOrder { Names = ["a.example"], ValidFrom = 2 }), "a.example",
            "it is not valid before 20", "it is not valid before 20"),
        ("wrong name", () => s_root.IssueTls("b.example", "c.example"), "a.example",
            "it is for: b.example, c.example; it was checked against a.example", Fine),
        ("wildcard", () => s_root.IssueTls("*.a.example"), "b.a.example", Fine, Fine),
        ("wildcard, one label too deep", () => s_root.IssueTls("*.a.example"), "c.b.a.example",
            "it is for: *.a.example; it was checked against c.b.a.example", Fine),
        ("wildcard below a last label", () => s_root.IssueTls("*.example"), "a.example",
            "it is for: *.example; it was checked against a.example", Fine),
        ("self-signed", () => TlsCertificate.From(TestAuthority.SelfSigned("a.example")), "a.example",
            "it is self-signed (CN=test), and not among the trusted roots", "it is self-signed (CN=test), and not among the trusted roots"),
        ("unknown authority", () => s_other.IssueTls("a.example"), "a.example",
            $"the issuer of it, CN=Other Root, {Unsent}", $"the issuer of it, CN=Other Root, {Unsent}"),
        ("missing intermediate", () => TlsCertificate.From(s_intermediate.Issue("a.example")), "a.example",
            $"the issuer of it, CN=SocketKit Test Intermediate, {Unsent}", $"the issuer of it, CN=SocketKit Test Intermediate, {Unsent}"),
        ("wrong usage for a server", () => Used(CertificateOrder.ForClients), "a.example",
            "it may not be used by a server: its extended key usage is clients", Fine),
        ("wrong usage for a client", () => Used(CertificateOrder.ForServers), "a.example",
            Fine, "it may not be used by a client: its extended key usage is servers"),
        ("expired intermediate", () => s_root.Intermediate("Old", validTo: -2).IssueTls("a.example"), "a.example",
            "the certificate CN=Old in its chain has expired on 20", "the certificate CN=Old in its chain has expired on 20"),
        ("issuer that is no authority", () => s_root.Intermediate("Thief", mayIssue: false).IssueTls("a.example"), "a.example",
            "Thief", "Thief"),
        ("IP address", () => s_root.IssueTls("127.0.0.1", "::1"), "[::1%1]", Fine, Fine),
        ("other IP address", () => s_root.IssueTls("127.0.0.1"), "127.0.0.2",
            "it is for: 127.0.0.1; it was checked against 127.0.0.2", Fine),
        ("common name only", () => s_root.IssueTls(new CertificateOrder { CommonName = "a.example" }), "a.example",
            "it has no subject alternative name, and its common name, a.example, does not count (RFC 9525); "
                + "it was checked against a.example",
            Fine),
        ("international name", () => s_root.IssueTls("xn--bcher-kva.example"), "BÜCHER.example.", Fine, Fine),
        ("several faults", () => s_other.IssueTls(new CertificateOrder { Names = ["b.example"], ValidFrom = -10, ValidTo = -2 }),
            "a.example",
            "it is for: b.example; it was checked against a.example; it has expired on 20", "it has expired on 20"),
    ];

    public static TheoryData<string, SslProtocols> Rows
    {
        get
        {
            var rows = new TheoryData<string, SslProtocols>();
            foreach ((string name, _, _, _, _) in s_rows)
            {
                rows.Add(name, SslProtocols.Tls12);
                rows.Add(name, SslProtocols.Tls13);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_client_decides_about_a_server(string name, SslProtocols version)
    {
        var row = s_rows.Single(row => row.Name == name);

        using TlsPair pair = await TlsPair.MeetAsync(
            new TlsServerOptions { Certificate = row.Make(), Protocols = version },
            new TlsClientOptions { TrustedRoots = s_root.Roots },
            row.Dialled);

        Check(pair.Client, row.OfServer, "handshake as a client on 127.0.0.1:1 ↔ 127.0.0.1:2 failed: the peer's certificate is refused: ");
        pair.Client.Failure?.HostName.Should().Be(new TlsClientSettings(new(), row.Dialled).HostName);
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public async Task A_server_decides_about_a_client(string name, SslProtocols version)
    {
        var row = s_rows.Single(row => row.Name == name);

        using TlsPair pair = await TlsPair.MeetAsync(
            new TlsServerOptions
            {
                Certificate = s_root.IssueTls("a.example"),
                Protocols = version,
                ClientCertificates = ClientCertificates.Require,
                TrustedRoots = s_root.Roots,
            },
            new TlsClientOptions { TrustedRoots = s_root.Roots, ClientCertificate = row.Make() });

        Check(pair.Server, row.OfClient, "handshake as a server on 127.0.0.1:2 ↔ 127.0.0.1:1 failed: the peer's certificate is refused: ");
    }

    /// <summary>No peer on this system can show these, so the check gets what SslStream would give it.</summary>
    [Theory]
    [InlineData(1024, "SHA256", false, "it has an RSA key of 1024 bits, less than 2048 (RFC 9325)")]
    [InlineData(2048, "SHA1", false, "it is signed with SHA-1 (RFC 9155)")]
    [InlineData(0, "SHA1", false, "it is signed with SHA-1 (RFC 9155)")]
    [InlineData(1024, "SHA256", true, "it is self-signed (CN=test), and not among the trusted roots; it has an RSA key of 1024 bits")]
    [InlineData(2048, "SHA256", false, Fine)]
    public void Weak_certificates_are_refused(int rsaKeySize, string hash, bool isSelfSigned, string text)
    {
        var order = new CertificateOrder { Names = ["a.example"], RsaKeySize = rsaKeySize, Hash = new HashAlgorithmName(hash) };
        X509Certificate2 certificate = isSelfSigned ? TestAuthority.SelfSigned(order) : s_root.Issue(order);
        using var chain = new X509Chain();
        chain.ChainPolicy = ChainPolicies.Make(s_root.Roots, checkRevocation: false, TimeSpan.FromSeconds(1));
        var errors = chain.Build(certificate)
            ? System.Net.Security.SslPolicyErrors.None
            : System.Net.Security.SslPolicyErrors.RemoteCertificateChainErrors;
        var check = new PeerCheck(isClient: true, "a.example", isOptional: false, validation: null);

        check.Decide(this, certificate, chain, errors).Should().Be(text == Fine);

        (check.Refusal ?? Fine).Should().StartWith(text);
    }

    [LinuxTheory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task An_authority_that_was_made_anew_under_the_same_name_is_said(SslProtocols version)
    {
        var server = new TlsServerOptions { Certificate = s_root.IssueTls("a.example"), Protocols = version };
        var client = new TlsClientOptions { TrustedRoots = new TestAuthority().Roots };

        using TlsPair pair = await TlsPair.MeetAsync(server, client);

        pair.Client.Text.Should().Contain("the trusted root of that name has another key");
    }

    /// <summary>The test authority publishes nothing that could be asked.</summary>
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task With_CheckRevocation_no_answer_is_a_refusal(SslProtocols version)
    {
        var server = new TlsServerOptions
        {
            Certificate = s_root.IssueTls("a.example"),
            Protocols = version,
            ClientCertificates = ClientCertificates.Require,
            TrustedRoots = s_root.Roots,
        };
        var client = new TlsClientOptions { TrustedRoots = s_root.Roots, ClientCertificate = s_root.IssueTls(), CheckRevocation = true };
        const string Text = "the peer's certificate is refused: whether it was revoked could not be found out (CheckRevocation).";

        using (TlsPair pair = await TlsPair.MeetAsync(server, client))
        {
            pair.Client.Text.Should().EndWith(Text);
        }

        (client.CheckRevocation, server.CheckRevocation) = (false, true);
        using TlsPair other = await TlsPair.MeetAsync(server, client);
        other.Server.Text.Should().EndWith(Text);
    }

    private static void Check(TlsEnd end, string text, string prefix)
    {
        if (text == Fine)
        {
            end.Text.Should().BeEmpty();
        }
        else
        {
            end.Text.Should().StartWith(prefix).And.Contain(text);
            end.Text.Should().NotContain("\n");
        }
    }

    private static TlsCertificate Used(string usage) => s_root.IssueTls(new CertificateOrder { Names = ["a.example"], Usages = [usage] });
}
