using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>Upgrades of served connections and of clients that are kept connected.</summary>
public abstract class UpgradeInHandlerTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxFact]
    public async Task A_handler_over_a_Unix_socket_upgrades_and_goes_on_under_its_server()
    {
        await using UnixServer server = ListenUnix(PathOf());
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            await connection.SendAsync("go"u8.ToArray(), token);
            await connection.UpgradeToTlsAsync(ServerTls, token);
            connection.Stopping.CanBeCanceled.Should().BeTrue();
            await EchoAsync(connection, token);
        });
        using UnixClient client = ConnectUnix(PathOf());
        await client.ReceiveExactlyAsync(new byte[2]).Within();
        TlsClientOptions options = ClientTls;
        options.TargetHost = Host;
        await client.UpgradeToTlsAsync(options).Within();
        await ExchangeAsync(client);

        // The handler waits with its token, on a channel that did not exist when the server made the token.
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
        await Expect.Failure(client.ReceiveAsync(new byte[1]).AsTask());
    }

    [Theory]
    [InlineData("plain bytes")]
    [InlineData("an end")]
    [InlineData("a reset")]
    [InlineData("another root")]
    public async Task What_a_peer_does_in_the_handshake_of_a_handler_is_not_above_Debug(string what)
    {
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = Log;
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            await connection.SendAsync("go"u8.ToArray(), token);
            await connection.UpgradeToTlsAsync(ServerTls, token);
            await EchoAsync(connection, token);
        });
        using (Socket peer = Dial(server.LocalEndPoint))
        {
            for (int i = 0; i < 2; i++)
            {
                peer.Receive(new byte[1]).Should().Be(1);
            }

            switch (what)
            {
                case "plain bytes":
                    // It begins as a handshake does.
                    peer.Send("\u0016plain bytes that are no handshake"u8);
                    ReadToEnd(peer);
                    break;
                case "an end":
                    peer.Shutdown(SocketShutdown.Send);
                    ReadToEnd(peer);
                    break;
                case "a reset":
                    peer.LingerState = new LingerOption(true, 0);
                    peer.Close();
                    break;
                default:
                    using (var stream = new SslStream(new NetworkStream(peer)))
                    {
                        (await Expect.Failure(stream.AuthenticateAsClientAsync(Host))).Should().NotBeNull();
                    }

                    break;
            }
        }

        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
        Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.HandlerDisconnected);
    }

    /// <summary>The handler does not give the upgrade its token, so the stop has to abort the connection.</summary>
    [Fact]
    public async Task A_stop_during_the_handshake_of_a_handler_is_not_above_Debug()
    {
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = Log;
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(static (connection, _) => connection.UpgradeToTlsAsync(ServerTls, CancellationToken.None));
        using Socket peer = Dial(server.LocalEndPoint);
        await Eventually.BeTrueAsync(
            () => server.Connections.SingleOrDefault()?.Channel is SocketKit.Tls.TlsChannel, "the handler is in its handshake");

        await server.StopAsync(TimeSpan.Zero).Within();

        await serving.Within();
        ReadToEnd(peer).Should().Be(0);
        Log.Complaints.Should().BeEmpty();
        Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.HandlerDisconnected);
    }

    /// <summary>It belongs to another connection, which the application has opened.</summary>
    [Fact]
    public async Task The_refusal_of_another_connection_is_the_handlers_own_failure()
    {
        await using TcpServer backend = ListenSecurely();
        Task servingBackend = backend.ServeAsync(EchoAsync);
        var told = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        TcpServerOptions options = ServerOptions;
        options.HandlerFailed = (_, exception) => told.TrySetResult(exception);
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(async (_, token) =>
        {
            TcpClientOptions wrong = SecureClientOptions;
            wrong.Tls!.TargetHost = "wrong.example";
            using TcpClient client = await TcpClient.ConnectAsync(backend.LocalEndPoint, wrong, token);
        });
        using TcpClient client = Connect(server);

        (await told.Task.Within()).Should().BeOfType<TlsException>();
        await server.StopAsync().Within();
        await backend.StopAsync().Within();
        await serving.Within();
        await servingBackend.Within();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_client_is_told_that_it_refuses_its_server_and_not_that_the_server_has_gone(bool refuses)
    {
        using Socket listener = ListenPlain();
        Task answering = Task.Run(async () =>
        {
            using Socket socket = await listener.AcceptAsync();
            if (refuses)
            {
                using var stream = new SslStream(new NetworkStream(socket));
                await Expect.Failure(stream.AuthenticateAsServerAsync(Identities.PlainServer));
                await Expect.Failure(stream.ReadAsync(new byte[1]).AsTask());
            }
        });
        var handled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var source = new CancellationTokenSource();
        Exception? told = null;
        TcpClientOptions options = ClientOptions;
        options.LoggerFactory = Log;
        options.HandlerFailed = (_, exception) => told = exception;
        options.Retry = new RetryOptions { FirstDelay = TimeSpan.FromHours(1), MaxDelay = TimeSpan.FromHours(1) };
        Task keeping = TcpClient.KeepConnectedAsync(
            "127.0.0.1",
            ((IPEndPoint)listener.LocalEndPoint!).Port,
            async (client, token) =>
            {
                TlsClientOptions tls = ClientTls;
                tls.TrustedRoots = null;
                await client.UpgradeToTlsAsync(tls, token);
            },
            options,
            source.Token);
        await answering.Within();
        await Eventually.BeTrueAsync(
            () => Log.Lines.Any(static line => line.Id.Id is EventIds.HandlerFailed or EventIds.HandlerDisconnected),
            "the handler has ended");
        await source.CancelAsync();
        await keeping.Within();

        (told is TlsException).Should().Be(refuses);
        Log.Complaints.Any().Should().Be(refuses);
    }
}

public sealed class UpgradeInHandlerTests_Portable : UpgradeInHandlerTests<PortableUnderTest>;

public sealed class UpgradeInHandlerTests_Epoll : UpgradeInHandlerTests<EpollUnderTest>;
