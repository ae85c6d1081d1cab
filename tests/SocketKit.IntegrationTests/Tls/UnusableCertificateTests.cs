using System.Net;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>A server that cannot use its own certificate: every client fails, and the operator has to know.</summary>
public abstract class UnusableCertificateTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task Handshakes_that_fail_by_the_servers_own_certificate_are_one_error_line_in_five_seconds_with_their_number()
    {
        var clock = new ManualClock();
        TlsCertificate certificate = TlsCertificate.From(Identities.PlainServer);
        await using TcpServer server = ListenSecurely(options =>
        {
            options.Clock = clock;
            options.Tls!.Certificate = certificate;
        });
        Task serving = server.ServeAsync(EchoAsync);
        certificate.Dispose();

        for (int i = 0; i < 3; i++)
        {
            await FailAsync(server);
        }

        clock.Advance(TimeSpan.FromSeconds(5));
        await FailAsync(server);
        await server.StopAsync().Within();
        await serving.Within();

        Log.Complaints.Should().OnlyContain(static line => line.Level == LogLevel.Error && line.Id.Id == EventIds.TlsCertificateUnusable);
        Log.Complaints.Select(static line => line.Text).Should().SatisfyRespectively(
            first => first.Should().StartWith("1 TLS handshakes on ").And.Contain($"{server.Port}")
                .And.EndWith("failed: the certificate of this side was disposed."),
            second => second.Should().StartWith("3 TLS handshakes on "));
        Log.Lines.Count(static line => line.Id.Id == EventIds.TlsHandshakeFailed).Should().Be(4);
    }

    /// <summary>The certificate is disposed while the client's hello is awaited, so that the options are still good.</summary>
    [Fact]
    public async Task In_the_upgrade_of_a_handler_it_is_the_handlers_failure()
    {
        TlsCertificate certificate = TlsCertificate.From(Identities.PlainServer);
        var told = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = Log;
        options.HandlerFailed = (_, exception) => told.TrySetResult(exception);
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync((connection, token) => connection.UpgradeToTlsAsync(
            new TlsServerOptions { Certificate = certificate, HandshakeTimeout = Limits.Hang }, token));
        using TcpClient client = Connect(server);
        await Eventually.BeTrueAsync(
            () => server.Connections.SingleOrDefault()?.Channel is SocketKit.Tls.TlsChannel, "the handler is in its handshake");
        certificate.Dispose();

        (await Expect.Failure(client.UpgradeToTlsAsync(ClientTls))).Should().BeOfType<TlsException>();

        (await told.Task.Within()).Should().BeOfType<TlsException>().Which.Message.Should().Contain("was disposed");
        Log.Complaints.Should().ContainSingle().Which.Id.Id.Should().Be(EventIds.HandlerFailed);
        await server.StopAsync().Within();
        await serving.Within();
    }

    private static async Task FailAsync(TcpServer server)
    {
        long failed = server.GetStatistics().HandshakesFailed;
        (await Expect.Failure(ConnectPlainAsync(server.LocalEndPoint))).Should().NotBeNull();
        await Eventually.BeTrueAsync(() => server.GetStatistics().HandshakesFailed == failed + 1, "the handshake has failed");
        await EndedAsync(server);
    }
}

public sealed class UnusableCertificateTests_Portable : UnusableCertificateTests<PortableUnderTest>;

public sealed class UnusableCertificateTests_Epoll : UnusableCertificateTests<EpollUnderTest>;
