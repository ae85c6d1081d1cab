using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>A side that refuses says so: by an alert, or by a reset to a peer that speaks no TLS.</summary>
public abstract class RefusalTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>RFC 8446, section 6: a fatal alert in a record of its own, before there are keys.</summary>
    private static readonly byte[] s_alertHead = [21, 3, 3, 0, 2, 2];

    [Theory]
    [InlineData("an unknown name", 112)]
    [InlineData("no name", 112)]
    [InlineData("a disposed certificate", 80)]
    public async Task A_server_that_has_no_certificate_for_a_client_says_so_in_the_clear(string why, int alert)
    {
        using TlsCertificate own = TlsCertificate.From(Identities.PlainServer);
        await using TcpServer server = ListenFor(why, own);
        Task serving = server.ServeAsync(EchoAsync);
        using Socket client = Dial(server.LocalEndPoint);
        client.Send(await HelloAsync(why == "no name" ? "127.0.0.1" : Host));

        ReadAll(client).Should().Equal([.. s_alertHead, (byte)alert]);

        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();
    }

    [Theory]
    [InlineData(CallShape.Blocking, 112)]
    [InlineData(CallShape.Async, 112)]
    [InlineData(CallShape.Blocking, 80)]
    [InlineData(CallShape.Async, 80)]
    public async Task So_does_an_upgrade_as_the_server(CallShape shape, int alert)
    {
        using TlsCertificate own = TlsCertificate.From(Identities.PlainServer);
        await using TcpServer server = Listen(ServerOptions);
        using Socket client = Dial(server.LocalEndPoint);
        using TcpConnection accepted = await server.AcceptAsync().Within();
        var tls = new TlsServerOptions();
        tls.HostCertificates[alert == 112 ? "other.example" : Host] = own;
        byte[] hello = await HelloAsync(Host);

        Task upgrading = shape == CallShape.Blocking ? Limits.OnThread(Upgrade) : Task.Run(UpgradeAsync);
        await Eventually.BeTrueAsync(() => accepted.Channel is SocketKit.Tls.TlsChannel, "its options were read");
        if (alert == 80)
        {
            own.Dispose();
        }

        client.Send(hello);

        ReadAll(client).Should().Equal([.. s_alertHead, (byte)alert]);
        (await Expect.Failure(upgrading)).Should().BeOfType<TlsException>();

        void Upgrade() => accepted.UpgradeToTls(tls);

        Task UpgradeAsync() => accepted.UpgradeToTlsAsync(tls);
    }

    [Theory]
    [InlineData("an unknown name", "unrecognized_name", false)]
    [InlineData("an unknown name", "unrecognized_name", true)]
    [InlineData("no name", "unrecognized_name", false)]
    [InlineData("a disposed certificate", "internal_error", true)]
    public async Task A_client_that_is_refused_so_knows_why_and_does_not_try_again(string why, string alert, bool blocks)
    {
        using TlsCertificate own = TlsCertificate.From(Identities.PlainServer);
        await using TcpServer server = ListenFor(why, own);
        Task serving = server.ServeAsync(EchoAsync);
        TcpClientOptions options = SecureClientOptions;
        options.Retry = new RetryOptions { FirstDelay = TimeSpan.FromMilliseconds(1), MaxAttempts = 20 };
        options.Tls!.TargetHost = why == "no name" ? "127.0.0.1" : Host;

        Exception? failure = await Expect.Failure(blocks
            ? Limits.OnThread(() => TcpClient.Connect(server.LocalEndPoint, options))
            : TcpClient.ConnectAsync(server.LocalEndPoint, options));

        TlsException refused = failure.Should().BeOfType<TlsException>().Subject;
        refused.Alert.Should().Be(alert);
        (refused.IsTimeout(), refused.IsDisconnect()).Should().Be((false, false));
        server.GetStatistics().AcceptedTotal.Should().Be(1);
        await server.StopAsync().Within();
        await serving.Within();
    }

    [ToolFact("openssl")]
    public async Task Openssl_knows_why_it_is_refused()
    {
        await using TcpServer server = ListenFor("an unknown name", Identities.Server);
        Task serving = server.ServeAsync(EchoAsync);
        using ChildProcess client = ChildProcess.Start(
            "openssl", "s_client", "-connect", $"127.0.0.1:{server.Port}", "-servername", "nowhere.example");

        await client.LineWith("unrecognized name");

        await server.StopAsync().Within();
        await serving.Within();
    }

    /// <summary>With FIN alone it would look as if the server had ended in order.</summary>
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_client_that_speaks_another_protocol_is_reset(CallShape shape)
    {
        await using TcpServer secure = ListenSecurely();
        await using TcpServer plain = Listen(ServerOptions);
        Task serving = secure.ServeAsync(EchoAsync);
        using Socket served = Dial(secure.LocalEndPoint);
        using Socket upgraded = Dial(plain.LocalEndPoint);
        using TcpConnection accepted = await plain.AcceptAsync().Within();
        Task upgrading = shape == CallShape.Blocking
            ? Limits.OnThread(() => accepted.UpgradeToTls(ServerTls))
            : accepted.UpgradeToTlsAsync(ServerTls);
        await Eventually.BeTrueAsync(() => accepted.Channel is SocketKit.Tls.TlsChannel, "it looks for a hello");

        foreach (Socket client in new[] { served, upgraded })
        {
            client.Send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8);
            ShouldBeReset(client);
        }

        await Expect.Failure(upgrading);
        await secure.StopAsync().Within();
        await serving.Within();
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_server_that_speaks_another_protocol_is_reset(CallShape shape)
    {
        using Socket listener = ListenPlain();
        Task connecting = shape == CallShape.Blocking
            ? Limits.OnThread(() => TcpClient.Connect((IPEndPoint)listener.LocalEndPoint!, SecureClientOptions))
            : TcpClient.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, SecureClientOptions);
        using Socket accepted = listener.Accept();
        accepted.ReceiveTimeout = (int)Limits.Hang.TotalMilliseconds;
        accepted.Receive(new byte[16 * 1024]).Should().BePositive();

        accepted.Send("220 mail.example ESMTP\r\n"u8);

        ShouldBeReset(accepted);
        TlsException refused = (await Expect.Failure(connecting)).Should().BeOfType<TlsException>().Subject;
        (refused.IsTimeout(), refused.IsDisconnect()).Should().Be((false, false), "the peer is there, and is the wrong one");
    }

    [Theory]
    [InlineData("silence", CallShape.Blocking)]
    [InlineData("silence", CallShape.Async)]
    [InlineData("a reset", CallShape.Blocking)]
    [InlineData("a reset", CallShape.Async)]
    [InlineData("an end", CallShape.Blocking)]
    [InlineData("an end", CallShape.Async)]
    public async Task A_handshake_that_is_late_is_a_timeout_and_one_that_is_lost_a_disconnect(string what, CallShape shape)
    {
        using Socket listener = ListenPlain();
        TcpClientOptions options = SecureClientOptions;
        options.Tls!.HandshakeTimeout = what == "silence" ? TimeSpan.FromMilliseconds(200) : Limits.Hang;
        Task connecting = shape == CallShape.Blocking
            ? Limits.OnThread(() => TcpClient.Connect((IPEndPoint)listener.LocalEndPoint!, options))
            : TcpClient.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, options);
        using Socket accepted = listener.Accept();
        accepted.Receive(new byte[16 * 1024]).Should().BePositive();
        if (what != "silence")
        {
            accepted.LingerState = new LingerOption(what == "a reset", 0);
            accepted.Close();
        }

        TlsException lost = (await Expect.Failure(connecting)).Should().BeOfType<TlsException>().Subject;

        (lost.IsTimeout(), lost.IsDisconnect()).Should().Be((what == "silence", what != "silence"));
        var wrapped = new IOException("by a stream", lost);
        (wrapped.IsTimeout(), wrapped.IsDisconnect()).Should().Be((what == "silence", what != "silence"));
    }

    private static void ShouldBeReset(Socket peer)
    {
        SocketException reset = Record.Exception(() => ReadAll(peer)).Should().BeAssignableTo<SocketException>().Subject;
        reset.SocketErrorCode.Should().Be(SocketError.ConnectionReset);
    }

    private static byte[] ReadAll(Socket peer)
    {
        byte[] buffer = new byte[4096];
        int total = 0;
        int received;
        while ((received = peer.Receive(buffer.AsSpan(total))) > 0)
        {
            total += received;
        }

        return buffer[..total];
    }

    /// <summary>The whole hello of an SslStream.</summary>
    private static async Task<byte[]> HelloAsync(string host)
    {
        using Socket listener = ListenPlain();
        using Socket socket = Dial(listener.LocalEndPoint!);
        using Socket accepted = await listener.AcceptAsync();
        using var stream = new SslStream(new NetworkStream(socket));
        Task unfinished = stream.AuthenticateAsClientAsync(host);
        using var received = new NetworkStream(accepted);

        // RFC 8446, section 5.1: the length is in the last two of the five bytes in front.
        byte[] head = new byte[5];
        await received.ReadExactlyAsync(head).AsTask().Within();
        byte[] body = new byte[(head[3] << 8) | head[4]];
        await received.ReadExactlyAsync(body).AsTask().Within();
        accepted.Close();
        await Expect.Failure(unfinished);
        return [.. head, .. body];
    }

    /// <summary>A server whose certificate, once it listens, does not do.</summary>
    private TcpServer ListenFor(string why, TlsCertificate own)
    {
        TcpServer server = ListenSecurely(options =>
        {
            options.Tls!.Certificate = why == "a disposed certificate" ? own : null;
            options.Tls.HostCertificates["other.example"] = Identities.Other;
        });
        if (why == "a disposed certificate")
        {
            own.Dispose();
        }

        return server;
    }
}

public sealed class RefusalTests_Portable : RefusalTests<PortableUnderTest>;

public sealed class RefusalTests_Epoll : RefusalTests<EpollUnderTest>;
