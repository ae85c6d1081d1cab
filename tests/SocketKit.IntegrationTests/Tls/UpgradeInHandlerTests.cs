using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using SocketKit.Diagnostics;
using SocketKit.Framing;
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

    /// <summary>Somebody between the two has put them there, or the peer: CVE-2011-0411.</summary>
    [Theory]
    [InlineData("calls", false)]
    [InlineData("calls", true)]
    [InlineData("a pipe", false)]
    [InlineData("messages", false)]
    [InlineData("messages", true)]
    public async Task Bytes_in_front_of_the_handshake_of_a_handler_are_not_above_Debug(string reader, bool isClient)
    {
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = Log;
        options.HandlerFailed = (_, _) => throw new InvalidOperationException("nobody is to be told");
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            await ReadLineAsync(connection, reader, token);
            await UpgradeAsync(connection, isClient, token);
        });
        using (Socket peer = Dial(server.LocalEndPoint))
        {
            peer.Send("STARTTLS\nRSET\n"u8);
            ReadToEnd(peer).Should().Be(0);
        }

        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
        Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.HandlerDisconnected)
            .Which.Exception.Should().BeAssignableTo<InvalidOperationException>()
            .Which.Message.Should().Contain("is not possible: ").And.Contain("bytes");
    }

    /// <summary>It is about another connection, or this side has done it.</summary>
    [Theory]
    [InlineData("another connection")]
    [InlineData("a second upgrade")]
    [InlineData("a receive under way")]
    public async Task Other_reasons_against_an_upgrade_are_the_handlers_own_failure(string why)
    {
        var told = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        TcpServerOptions options = ServerOptions;
        options.HandlerFailed = (_, exception) => told.TrySetResult(exception);
        using TcpPairUnderTest other = ConnectPair();
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            // The client has connected, so that it does not find the reset of a handler that has failed.
            await connection.ReceiveExactlyAsync(new byte[1], token);
            switch (why)
            {
                case "another connection":
                    await other.Client.SendAsync("x"u8.ToArray(), token);
                    await other.Accepted.WaitReadableAsync(token);
                    await UpgradeAsync(other.Accepted, isClient: false, token);
                    break;
                case "a second upgrade":
                    await UpgradeAsync(connection, isClient: false, token);
                    await UpgradeAsync(connection, isClient: false, token);
                    break;
                default:
                    Task receiving = connection.ReceiveAsync(new byte[1], token).AsTask();
                    await UpgradeAsync(connection, isClient: false, token);
                    await receiving;
                    break;
            }
        });
        using TcpClient client = Connect(server);
        await client.SendAsync(new byte[1]).Within();
        if (why == "a second upgrade")
        {
            await client.UpgradeToTlsAsync(ClientTls).Within();
        }

        (await told.Task.Within()).Should().BeAssignableTo<InvalidOperationException>();
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    /// <summary>This side has chosen its peer, which is the wrong one, or is attacked.</summary>
    [Fact]
    public async Task A_client_that_is_kept_connected_is_told_of_bytes_in_front_of_its_handshake()
    {
        await using TcpServer server = Listen(ServerOptions);
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            await connection.SendAsync("OK\nmore\n"u8.ToArray(), token);
            await connection.ReceiveAsync(new byte[1], token);
        });
        var told = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var source = new CancellationTokenSource();
        TcpClientOptions options = ClientOptions;
        options.HandlerFailed = (_, exception) => told.TrySetResult(exception);
        options.Retry = new RetryOptions { FirstDelay = TimeSpan.FromHours(1), MaxDelay = TimeSpan.FromHours(1) };
        Task keeping = TcpClient.KeepConnectedAsync(
            "127.0.0.1",
            server.Port,
            async (client, token) =>
            {
                await ReadLineAsync(client, "messages", token);
                await UpgradeAsync(client, isClient: true, token);
            },
            options,
            source.Token);

        (await told.Task.Within()).Should().BeAssignableTo<InvalidOperationException>();
        await source.CancelAsync();
        await keeping.Within();
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
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

    /// <summary>The token of the handler, or one that is linked with it, ends the upgrade.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stop_that_cancels_the_handshake_of_a_handler_counts_as_its_abort(bool linked)
    {
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = Log;
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            using var source = CancellationTokenSource.CreateLinkedTokenSource(token);
            await connection.UpgradeToTlsAsync(ServerTls, linked ? source.Token : token);
        });
        using Socket peer = Dial(server.LocalEndPoint);
        await Eventually.BeTrueAsync(
            () => server.Connections.SingleOrDefault()?.Channel is SocketKit.Tls.TlsChannel, "the handler is in its handshake");

        await server.StopAsync(TimeSpan.Zero).Within();

        await serving.Within();
        ReadToEnd(peer).Should().Be(0);
        Log.Complaints.Should().BeEmpty();
        server.GetStatistics().ClosedTotal[CloseReason.ServerStopped].Should().Be(1);
        Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.ServerStopped)
            .Which.Text.Should().EndWith("; 1 connections were aborted.");
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

    private static async Task ReadLineAsync(StreamConnection connection, string reader, CancellationToken token)
    {
        switch (reader)
        {
            case "calls":
                await connection.ReceiveExactlyAsync(new byte[3], token);
                break;
            case "a pipe":
                PipeReader input = connection.GetPipe().Input;
                ReadResult read = await input.ReadAtLeastAsync(10, token);
                input.AdvanceTo(read.Buffer.GetPosition(9));
                break;
            default:
                (await connection.GetMessages(MessageFraming.Lines).ReceiveAsync(token)).Should().NotBeNull();
                break;
        }
    }

    private static Task UpgradeAsync(StreamConnection connection, bool isClient, CancellationToken token)
    {
        TlsClientOptions client = ClientTls;
        client.TargetHost = Host;
        return isClient ? connection.UpgradeToTlsAsync(client, token) : connection.UpgradeToTlsAsync(ServerTls, token);
    }
}

public sealed class UpgradeInHandlerTests_Portable : UpgradeInHandlerTests<PortableUnderTest>;

public sealed class UpgradeInHandlerTests_Epoll : UpgradeInHandlerTests<EpollUnderTest>;
