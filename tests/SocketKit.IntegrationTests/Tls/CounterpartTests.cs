using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>More programs that nobody here wrote: openssl with key updates and as a server, GnuTLS, Node, curl, and a scanner.</summary>
public abstract class CounterpartTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly string s_node = Path.Combine(AppContext.BaseDirectory, "Interop", "node", "tls_echo.js");

    /// <summary>The program updates its keys at "K", and asks the server to update its own: RFC 8446, section 4.6.3.</summary>
    [ToolFact("openssl")]
    public Task Keys_are_renewed_between_two_messages() => WhileServing(async server =>
    {
        using ChildProcess client = ChildProcess.Start(
            "openssl", "s_client", "-connect", $"127.0.0.1:{server.Port}", "-servername", Host, "-tls1_3",
            "-CAfile", Identities.WriteTo(Folder).Root);
        for (int i = 0; i < 5; i++)
        {
            await ExpectEchoAsync(client, $"before {i}");
            await client.WriteLine(i % 2 == 0 ? "K" : "k");
            await client.LineWith("KEYUPDATE");
            await ExpectEchoAsync(client, $"after {i}");
        }

        client.EndInput();
        await client.End();
    });

    /// <summary>The server of openssl turns each line around.</summary>
    [ToolTheory("openssl")]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Openssl_as_a_server_answers(string version)
    {
        (string certificate, string key, _) = Identities.WriteTo(Folder);
        using ChildProcess server = ChildProcess.Start(
            "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert", certificate, "-key", key, "-rev", version);
        int port = await server.PortAfter("ACCEPT");

        await ExpectLineAsync(port, "olleh");
    }

    [ToolTheory("gnutls-cli")]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public Task GnuTLS_as_a_client_gets_its_line_back(string version) => WhileServing(async server =>
    {
        using ChildProcess client = ChildProcess.Start(
            "gnutls-cli", "--x509cafile", Identities.WriteTo(Folder).Root, "--port", Text(server.Port),
            "--priority", $"NORMAL:-VERS-ALL:+VERS-TLS{version}", "--verify-hostname", Host, "127.0.0.1");
        await client.LineWith("Handshake was completed");
        await ExpectEchoAsync(client, "hello from gnutls");
        client.EndInput();
        await client.End();
    });

    [ToolTheory("gnutls-serv")]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public async Task GnuTLS_as_a_server_answers(string version)
    {
        (ChildProcess server, int port) = await StartGnuTlsAsync($"NORMAL:-VERS-ALL:+VERS-TLS{version}");
        using (server)
        {
            await ExpectLineAsync(port, "hello");
        }
    }

    [ToolTheory("node")]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public Task Node_as_a_client_gets_its_bytes_back(string version) => WhileServing(async server =>
    {
        using ChildProcess client = ChildProcess.Start(
            "node", s_node, "client", Text(server.Port), Text(1 << 20), Identities.WriteTo(Folder).Root, version);
        (await client.End()).Should().Equal($"version TLSv{version}", "same");
    });

    [ToolTheory("node")]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public async Task Node_as_a_server_answers(string version)
    {
        (string certificate, string key, _) = Identities.WriteTo(Folder);
        using ChildProcess server = ChildProcess.Start("node", s_node, "server", certificate, key, version);

        await ExpectLineAsync(await server.PortAfter("port"), "hello");

        (await server.End()).Should().HaveElementAt(1, $"version TLSv{version}");
    }

    [ToolTheory("curl")]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public Task Curl_gets_a_page_and_checks_the_name(string version) => WhileServing(
        async server =>
        {
            string page = await Tool.RunAsync(
                "curl", "--silent", "--show-error", "--cacert", Identities.WriteTo(Folder).Root, $"--tlsv{version}", "--tls-max", version,
                "--resolve", $"{Host}:{server.Port}:127.0.0.1", $"https://{Host}:{server.Port}/");
            page.Should().Be("http/1.1 True\n");
        },
        static async (connection, token) =>
        {
            byte[] request = new byte[4_096];
            int length = await connection.ReceiveAsync(request, token);
            string answer = $"{connection.Tls!.ApplicationProtocol} {length > 0}\n";
            await connection.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {answer.Length}\r\nConnection: close\r\n\r\n{answer}", token);
        },
        static options => options.Tls!.ApplicationProtocols.Add("http/1.1"));

    [ToolFact("sslscan")]
    public Task A_scanner_finds_no_old_version_no_compression_and_no_renegotiation() => WhileServing(async server =>
    {
        string report = await Tool.RunAsync("sslscan", "--no-colour", "--no-heartbleed", $"--sni-name={Host}", $"127.0.0.1:{server.Port}");

        string[] lines =
            [.. report.Split('\n').Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
        lines.Should().Contain(
        [
            "SSLv2 disabled", "SSLv3 disabled", "TLSv1.0 disabled", "TLSv1.1 disabled", "TLSv1.2 enabled", "TLSv1.3 enabled",
            "Session renegotiation not supported",
        ]);
        report.Should().NotContain("Compression enabled").And.NotContain("RC4").And.NotContain("3DES").And.NotContain("NULL");
    });

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// The program has to be told a port. Another socket may take it in between, which the program says; then another one is tried.
    /// </summary>
    private async Task<(ChildProcess Server, int Port)> StartGnuTlsAsync(string priority)
    {
        (string certificate, string key, _) = Identities.WriteTo(Folder);
        while (true)
        {
            int port;
            using (Socket free = ListenPlain())
            {
                port = ((IPEndPoint)free.LocalEndPoint!).Port;
            }

            ChildProcess server = ChildProcess.Start(
                "gnutls-serv", "--echo", "--port", Text(port), "--x509certfile", certificate, "--x509keyfile", key, "--priority", priority);
            if ((await server.LineWith("listening on IPv4")).EndsWith("done", StringComparison.Ordinal))
            {
                return (server, port);
            }

            server.Dispose();
        }
    }

    private static async Task ExpectEchoAsync(ChildProcess client, string line)
    {
        await client.WriteLine(line);
        await client.LineWith(line);
    }

    private async Task ExpectLineAsync(int port, string expected)
    {
        TcpClientOptions options = SecureClientOptions;
        options.Tls!.TargetHost = Host;
        await using TcpClient client = await TcpClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), options).Within();
        await client.SendAsync("hello\n").AsTask().Within();
        byte[] answer = new byte[expected.Length + 1];
        await client.ReceiveExactlyAsync(answer).Within();
        Encoding.ASCII.GetString(answer).Should().Be($"{expected}\n");
    }
}

public sealed class CounterpartTests_Portable : CounterpartTests<PortableUnderTest>;

public sealed class CounterpartTests_Epoll : CounterpartTests<EpollUnderTest>;
