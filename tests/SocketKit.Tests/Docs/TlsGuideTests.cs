using System.Diagnostics;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.Extensions.Logging;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tests.House;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/tls.md, run.</summary>
public sealed class TlsGuideTests : IDisposable
{
    private readonly TlsFiles _files = new();
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _files.Dispose();
        _stop.Dispose();
    }

    [Fact]
    public async Task A_server_from_two_files_is_trusted_by_its_own_root_and_by_nobody_else()
    {
        int port = FreePort.Next();
        Task serving = TlsSnippets.Serve(_files.CertificateFile, _files.KeyFile, port, _stop.Token);

        using TcpClient client = await ConnectAsync(port, TlsSnippets.Trust(_files.RootFile));
        (await AskAsync(client, "hello")).Should().Be("hello");
        client.Tls!.HostName.Should().Be("localhost");

        var reports = new List<string>();
        await TlsSnippets.Connect("localhost", port, reports.Add, CancellationToken.None).Within();
        reports.Should().HaveCount(2);
        reports[0].Should().Contain(" as localhost: RemoteCertificateChainErrors, alert none");

        await EndAsync(serving);
    }

    [ToolFact("openssl")]
    public async Task The_line_of_the_page_makes_files_for_trials()
    {
        string[] line = LineOf("tls.md", "openssl req ");
        line.Should().Equal(LineOf("tls.zh-CN.md", "openssl req "));
        var start = new ProcessStartInfo(line[0], line[1..]) { WorkingDirectory = _files.Folder, RedirectStandardError = true };
        using (Process made = Process.Start(start)!)
        {
            await made.StandardError.ReadToEndAsync().Within();
            await made.WaitForExitAsync().Within();
        }

        int port = FreePort.Next();
        string certificateFile = Path.Combine(_files.Folder, "certificate.pem");
        Task serving = TlsSnippets.Serve(certificateFile, Path.Combine(_files.Folder, "key.pem"), port, _stop.Token);

        using TcpClient client = await ConnectAsync(port, TlsSnippets.Trust(certificateFile));
        (await AskAsync(client, "hello")).Should().Be("hello");
        await EndAsync(serving);
    }

    [Fact]
    public async Task Files_that_have_changed_are_shown_without_a_restart()
    {
        int port = FreePort.Next();
        Task serving = TlsSnippets.Serve(_files.CertificateFile, _files.KeyFile, port, _stop.Token);
        using TcpClient before = await ConnectAsync(port, _files.Trusting);
        using X509Certificate2 renewed = _files.Authority.Issue("localhost");

        _files.Write(renewed);

        await Eventually.BeTrueAsync(() => SerialOf(port) == renewed.SerialNumber, "the files are watched");
        before.Tls!.PeerCertificate!.SerialNumber.Should().NotBe(renewed.SerialNumber);
        (await AskAsync(before, "still there")).Should().Be("still there");
        await EndAsync(serving);
    }

    [Fact]
    public async Task A_certificate_that_is_replaced_in_code_is_shown_by_the_next_handshake()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0, new() { Tls = new() { Certificate = _files.Server } });
        Task serving = server.ServeAsync(static (_, _) => Task.CompletedTask, _stop.Token);
        using X509Certificate2 renewed = _files.Authority.Issue("localhost");
        string before = SerialOf(server.Port);

        TlsSnippets.Renew(_files.Server, renewed, []);

        SerialOf(server.Port).Should().Be(renewed.SerialNumber).And.NotBe(before);
        await EndAsync(serving);
    }

    [Fact]
    public async Task A_connection_that_is_accepted_by_hand_is_upgraded_by_hand()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0);
        Task<TlsInfo?> accepting = TlsSnippets.AcceptByHand(server, new() { Certificate = _files.Server }, CancellationToken.None);

        using TcpClient client = await ConnectAsync(server.Port, _files.Trusting);

        (await accepting.Within())!.HostName.Should().Be("localhost");
        client.Tls!.Protocol.Should().Be(SslProtocols.Tls13);
        client.Tls.CipherSuite.ToString().Should().StartWith("TLS_");
    }

    [Fact]
    public async Task A_server_with_Tls_is_not_accepted_from_by_hand()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0, new() { Tls = new() { Certificate = _files.Server } });

        server.Invoking(static server => server.Accept()).Should().Throw<InvalidOperationException>();
        server.Invoking(static server => server.TryAccept(out _)).Should().Throw<InvalidOperationException>();
        await server.Awaiting(static server => server.AcceptAsync().AsTask()).Should().ThrowAsync<InvalidOperationException>();
    }

    [Theory]
    [InlineData("example.com", "example.com")]
    [InlineData("a.example.com", "*.example.com")]
    [InlineData("EXAMPLE.com.", "example.com")]
    [InlineData("elsewhere.net", "localhost")]
    public async Task Each_name_has_its_certificate(string asked, string shown)
    {
        using X509Certificate2 own = _files.Authority.Issue("example.com");
        using X509Certificate2 star = _files.Authority.Issue("*.example.com");
        using TlsCertificate one = TlsCertificate.From(own);
        using TlsCertificate wildcard = TlsCertificate.From(star);
        TlsServerOptions tls = TlsSnippets.Names(_files.Server, one, wildcard);
        await using TcpServer server = TcpServer.Listen("localhost", 0, new() { Tls = tls });
        Task serving = server.ServeAsync(static (_, _) => Task.CompletedTask, _stop.Token);
        X509Certificate2? seen = null;
        var client = new TlsClientOptions
        {
            TargetHost = asked,
            DangerousServerCertificateValidation = (certificate, _, _) =>
            {
                seen = X509CertificateLoader.LoadCertificate(certificate.RawData);
                return true;
            },
        };

        (await TcpClient.ConnectAsync("localhost", server.Port, new() { Tls = client }).Within()).Dispose();

        seen!.GetNameInfo(X509NameType.DnsName, forIssuer: false).Should().Be(shown);
        await EndAsync(serving);
    }

    [Fact]
    public async Task A_client_with_a_certificate_is_known_by_its_name_and_one_without_is_refused()
    {
        int port = FreePort.Next();
        Task serving = TlsSnippets.Greet(_files.Server, _files.Roots, port, _stop.Token);
        using X509Certificate2 issued = _files.Authority.Issue(new CertificateOrder { CommonName = "alice" });
        using TlsCertificate own = TlsCertificate.From(issued);

        using TcpClient alice = await ConnectAsync(port, TlsSnippets.Introduce(own, _files.Roots));
        using var greeting = new StreamReader(alice.GetStream(leaveOpen: true));
        (await greeting.ReadToEndAsync().Within()).Should().Be("hello, alice");

        using TcpClient nobody = await ConnectAsync(port, _files.Trusting);
        await nobody.Awaiting(static client => client.ReceiveAsync(new byte[1]).Within()).Should().ThrowAsync<Exception>();
        await EndAsync(serving);
    }

    [Fact]
    public async Task A_certificate_is_known_by_its_fingerprint_alone()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0, new() { Tls = new() { Certificate = _files.Server } });
        Task serving = server.ServeAsync(static (_, _) => Task.CompletedTask, _stop.Token);
        using TcpClient trusting = await ConnectAsync(server.Port, _files.Trusting);
        string fingerprint = trusting.Tls!.PeerCertificate!.GetCertHashString(HashAlgorithmName.SHA256);

        using TcpClient client = await ConnectAsync(server.Port, new() { Tls = TlsSnippets.Pin(fingerprint) });
        Func<Task> other = () => TcpClient.ConnectAsync("localhost", server.Port, new() { Tls = TlsSnippets.Pin("00") }).Within();

        client.Tls.Should().NotBeNull();
        await other.Should().ThrowAsync<TlsException>();
        await EndAsync(serving);
    }

    [Fact]
    public async Task The_first_protocol_of_the_server_that_both_speak_is_taken()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0, new() { Tls = TlsSnippets.Agree(_files.Server) });
        Task serving = server.ServeAsync(static (_, _) => Task.CompletedTask, _stop.Token);

        (await ProtocolAsync(server.Port, "chat/1", "chat/2")).Should().Be("chat/2");
        (await ProtocolAsync(server.Port, "chat/1")).Should().Be("chat/1");
        (await ProtocolAsync(server.Port)).Should().BeNull();
        Func<Task> other = () => ProtocolAsync(server.Port, "mail/1");
        await other.Should().ThrowAsync<TlsException>();
        await EndAsync(serving);
    }

    [Fact]
    public async Task A_connection_that_began_in_the_clear_goes_on_over_Tls_with_its_message_channel()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0);
        var upgraded = new TaskCompletionSource<TlsInfo?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = server.ServeAsync(
            async (connection, token) =>
            {
                await TlsSnippets.StartTlsAsServer(connection, new() { Certificate = _files.Server }, token);
                upgraded.SetResult(connection.Tls);
            },
            _stop.Token);
        using TcpClient client = await TcpClient.ConnectAsync("localhost", server.Port).Within();

        await TlsSnippets.StartTlsAsClient(client, _files.Roots, CancellationToken.None).Within();
        client.ShutdownSend();

        client.Tls!.HostName.Should().Be("localhost");
        (await upgraded.Task.Within())!.HostName.Should().Be("localhost");
        await EndAsync(serving);
    }

    [Theory]
    [InlineData("speaks no TLS")]
    [InlineData("trusts another root")]
    [InlineData("ends without close_notify")]
    [InlineData("sends what is no record")]
    public async Task Nothing_that_a_client_does_is_logged_above_Debug(string what)
    {
        using var log = new LogRecorder();
        var options = new TcpServerOptions { Tls = new() { Certificate = _files.Server }, LoggerFactory = log };
        await using TcpServer server = TcpServer.Listen("localhost", 0, options);
        Task serving = server.ServeAsync(static async (connection, token) => await connection.ReceiveExactlyAsync(new byte[8], token));

        await MisbehaveAsync(server.Port, what);

        await Eventually.BeTrueAsync(() => server.GetStatistics() is { ActiveConnections: 0, AcceptedTotal: 1 }, "the client has left");
        await server.StopAsync().Within();
        await serving.Within();
        log.Lines.Where(static line => line.Level > LogLevel.Information).Should().BeEmpty();
    }

    [Fact]
    public void The_defaults_are_those_of_the_page()
    {
        var server = new TlsServerOptions();
        var client = new TlsClientOptions();

        server.HandshakeTimeout.Should().Be(TimeSpan.FromSeconds(10)).And.Be(client.HandshakeTimeout);
        server.Protocols.Should().Be(SslProtocols.Tls12 | SslProtocols.Tls13).And.Be(client.Protocols);
        server.ClientCertificates.Should().Be(ClientCertificates.None);
        (server.AllowResume && client.AllowResume).Should().BeTrue();
        (server.AllowTruncation || client.AllowTruncation || server.CheckRevocation || client.CheckRevocation).Should().BeFalse();
    }

    [LinuxFact]
    public async Task Every_text_in_the_table_is_said_by_the_failure_that_it_explains()
    {
        using var failures = new TlsFailures();
        List<string> messages = await failures.AllAsync();

        messages.Should().NotContain("nothing was thrown");
        foreach (string page in new[] { "tls.md", "tls.zh-CN.md" })
        {
            string[] texts = [.. TextsOf(page)];
            texts.Should().HaveCountGreaterThan(20);
            texts.Where(text => !messages.Exists(message => Says(message, text))).Should().BeEmpty(
                "{0} explains them, and they are:\n{1}", page, string.Join('\n', messages));
        }
    }

    private static bool Says(string message, string text) =>
        text.Split('…').All(part => message.Contains(part, StringComparison.Ordinal));

    /// <summary>The words of a command, which goes on behind a backslash.</summary>
    private static string[] LineOf(string page, string begin)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root!, "samples/guide", page))
            .Replace("\\\n", string.Empty, StringComparison.Ordinal);
        return text.Split('\n').Single(line => line.StartsWith(begin, StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The first cell of each row in the tables of messages.</summary>
    private static IEnumerable<string> TextsOf(string page) =>
        File.ReadLines(Path.Combine(Repository.Root!, "samples/guide", page))
            .SkipWhile(static line => line is not ("## The message says …" or "## 信息里写着……"))
            .Where(static line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(static line => line.Split('`')[1]);

    /// <summary>The snippets listen on a port that they are given, perhaps a moment after the client asks for it.</summary>
    private static async Task<TcpClient> ConnectAsync(int port, TcpClientOptions options)
    {
        options.Retry = new RetryOptions { MaxAttempts = 10 };
        return await TcpClient.ConnectAsync("localhost", port, options).Within();
    }

    private static async Task<string> AskAsync(TcpClient client, string question)
    {
        await client.SendAsync(question).Within();
        byte[] answer = new byte[question.Length];
        await client.ReceiveExactlyAsync(answer).Within();
        return Encoding.UTF8.GetString(answer);
    }

    private async Task MisbehaveAsync(int port, string what)
    {
        await using TcpClient client = await TcpClient.ConnectAsync("localhost", port).Within();
        if (what == "speaks no TLS")
        {
            await client.SendAsync("GET / HTTP/1.1\r\n\r\n").Within();
            return;
        }

        await using var stream = new SslStream(client.GetStream(leaveOpen: true));
        bool trusts = what != "trusts another root";
        X509Certificate2Collection roots = trusts ? _files.Roots : new TestAuthority("another root").Roots;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(roots);
        Exception? refusal = await Record.ExceptionAsync(() => stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = "localhost", CertificateChainPolicy = policy }).Within());
        (refusal is null).Should().Be(trusts);
        if (what == "sends what is no record")
        {
            await client.SendAsync("this is text, and no record of TLS").Within();
        }
    }

    private async Task<string?> ProtocolAsync(int port, params string[] offered)
    {
        TcpClientOptions options = _files.Trusting;
        foreach (string protocol in offered)
        {
            options.Tls!.ApplicationProtocols.Add(protocol);
        }

        using TcpClient client = await TcpClient.ConnectAsync("localhost", port, options).Within();
        return client.Tls!.ApplicationProtocol;
    }

    private string SerialOf(int port)
    {
        using TcpClient client = TcpClient.Connect("localhost", port, _files.Trusting);
        return client.Tls!.PeerCertificate!.SerialNumber;
    }

    private async Task EndAsync(Task serving)
    {
        await _stop.CancelAsync();
        await serving.Within();
    }
}
