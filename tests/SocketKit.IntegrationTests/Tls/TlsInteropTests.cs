using System.Globalization;
using System.Text;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>Peers that share no code with the library: Python's ssl and the program openssl.</summary>
public abstract class TlsInteropTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int PayloadBytes = 1 << 20;

    [ToolTheory("python3")]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public async Task A_python_client_gets_its_bytes_back(string version)
    {
        await using TcpServer server = ListenSecurely();
        Task serving = server.ServeAsync(EchoAsync);
        using ChildProcess client = ChildProcess.StartPython(
            "tls_echo.py", "client", Text(server.Port), Text(PayloadBytes), Identities.WriteTo(Folder).Root, version);

        (await client.End()).Should().Equal($"version TLSv{version}", "same");

        await EndedAsync(server);
        server.GetStatistics().ClosedTotal[CloseReason.PeerFinished].Should().Be(1);
        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
    }

    [ToolTheory("python3")]
    [InlineData("1.2")]
    [InlineData("1.3")]
    public async Task A_python_server_gives_our_bytes_back(string version)
    {
        (string certificate, string key, _) = Identities.WriteTo(Folder);
        using ChildProcess server = ChildProcess.StartPython("tls_echo.py", "server", certificate, key, version);
        using (TcpClient client = await TcpClient.ConnectAsync(Host, await server.PortAfter("port"), SecureClientOptions).Within())
        {
            await ExpectEchoAsync(client);
        }

        (await server.End()).Should().HaveElementAt(1, $"version TLSv{version}");
    }

    [ToolFact("python3")]
    public async Task A_python_client_begins_in_plain_text()
    {
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = Log;
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            byte[] request = new byte[9];
            await connection.ReceiveExactlyAsync(request, token);
            await connection.SendAsync("go\n"u8.ToArray(), token);
            await connection.UpgradeToTlsAsync(ServerTls, token);
            await EchoAsync(connection, token);
        });
        using ChildProcess client = ChildProcess.StartPython(
            "tls_echo.py", "client", Text(server.Port), Text(PayloadBytes), Identities.WriteTo(Folder).Root, "1.3", "starttls");

        (await client.End()).Should().Equal("answered go", "version TLSv1.3", "same");

        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
    }

    [ToolTheory("python3")]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_python_server_begins_in_plain_text(CallShape shape)
    {
        (string certificate, string key, _) = Identities.WriteTo(Folder);
        using ChildProcess server = ChildProcess.StartPython("tls_echo.py", "server", certificate, key, "1.3", "starttls");
        using (TcpClient client = await TcpClient.ConnectAsync(Host, await server.PortAfter("port"), ClientOptions).Within())
        {
            await client.SendAsync("STARTTLS\n"u8.ToArray()).Within();
            await client.ReceiveExactlyAsync(new byte[3]).Within();
            await (shape == CallShape.Async
                ? client.UpgradeToTlsAsync(ClientTls)
                : Limits.OnThread(() => client.UpgradeToTls(ClientTls))).Within();
            client.Tls!.HostName.Should().Be(Host, "it was dialled");
            await ExpectEchoAsync(client);
        }

        await server.End();
    }

    [ToolTheory("openssl")]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task Openssl_as_a_client_gets_its_line_back(string version)
    {
        await using TcpServer server = ListenSecurely();
        Task serving = server.ServeAsync(EchoAsync);
        using ChildProcess client = StartOpenssl(server, version);

        await client.WriteLine("hello from openssl");
        await client.LineWith("hello from openssl");
        client.EndInput();
        await client.End();

        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
    }

    /// <summary>The program speaks SMTP until the server agrees to STARTTLS.</summary>
    [ToolFact("openssl")]
    public async Task Openssl_upgrades_a_conversation_in_messages()
    {
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = Log;
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            MessageChannel lines = connection.GetMessages(MessageFraming.Lines);
            await lines.SendAsync("220 test"u8.ToArray(), token);
            while (await lines.ReceiveAsync(token) is { } line)
            {
                string text = Encoding.ASCII.GetString(line);
                if (text.StartsWith("EHLO", StringComparison.Ordinal))
                {
                    await lines.SendAsync("250-test"u8.ToArray(), token);
                    await lines.SendAsync("250 STARTTLS"u8.ToArray(), token);
                }
                else if (text == "STARTTLS")
                {
                    await lines.SendAsync("220 go"u8.ToArray(), token);
                    await connection.UpgradeToTlsAsync(ServerTls, token);
                }
                else
                {
                    await lines.SendAsync(Encoding.ASCII.GetBytes($"{connection.Tls!.Protocol} {text}"), token);
                }
            }
        });
        using ChildProcess client = StartOpenssl(server, "-tls1_3", "-starttls", "smtp");

        await client.WriteLine("hello");
        await client.LineWith("Tls13 hello");
        client.EndInput();
        await client.End();

        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
    }

    private ChildProcess StartOpenssl(TcpServer server, params string[] more) => ChildProcess.Start(
        "openssl",
        [
            "s_client", "-connect", $"127.0.0.1:{server.Port}", "-servername", Host, "-CAfile", Identities.WriteTo(Folder).Root,
            "-verify_return_error", "-verify_hostname", Host, "-quiet", "-no_ign_eof", .. more,
        ]);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task ExpectEchoAsync(TcpClient client)
    {
        byte[] sent = Payload.Of(PayloadBytes);
        byte[] received = new byte[sent.Length];
        Task sending = client.SendAsync(sent).AsTask();
        await client.ReceiveExactlyAsync(received).Within();
        await sending.Within();
        received.Should().Equal(sent);
    }
}

public sealed class TlsInteropTests_Portable : TlsInteropTests<PortableUnderTest>;

public sealed class TlsInteropTests_Epoll : TlsInteropTests<EpollUnderTest>;
