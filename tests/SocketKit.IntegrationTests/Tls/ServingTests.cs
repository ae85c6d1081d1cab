using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;
using LogLevel = Microsoft.Extensions.Logging.LogLevel;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>ServeAsync with Tls in the options.</summary>
public abstract class ServingTests<TEngine> : TlsTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(CallShape.Blocking, SslProtocols.Tls12)]
    [InlineData(CallShape.Try, SslProtocols.Tls13)]
    [InlineData(CallShape.Async, SslProtocols.Tls12)]
    [InlineData(CallShape.Async, SslProtocols.Tls13)]
    public async Task A_plain_client_is_served_and_the_handler_sees_what_was_agreed_on(CallShape shape, SslProtocols protocol)
    {
        await using TcpServer server = ListenSecurely();
        var seen = new TaskCompletionSource<TlsInfo?>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task serving = server.ServeAsync(async (connection, _) =>
        {
            seen.TrySetResult(connection.Tls);
            byte[] buffer = new byte[1];
            while (await connection.ReceiveBy(shape, buffer) > 0)
            {
                await connection.SendBy(shape, buffer);
            }
        });

        using (SslStream client = await ConnectPlainAsync(server.LocalEndPoint, protocol))
        {
            await ExchangeAsync(client);
            await ExchangeAsync(client);
            await client.ShutdownAsync().Within();
        }

        TlsInfo info = (await seen.Task.Within())!;
        (info.Protocol, info.HostName, info.ApplicationProtocol, info.PeerCertificate).Should().Be((protocol, Host, null, null));
        await EndedAsync(server);
        ServerStatistics counted = server.GetStatistics();
        (counted.AcceptedTotal, counted.HandshakesFailed, counted.ActiveHandshakes).Should().Be((1, 0, 0));
        (counted.BytesReceived, counted.BytesSent).Should().Be((2, 2), "the bytes of the application count");
        counted.ClosedTotal[CloseReason.PeerFinished].Should().Be(1);
        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
        Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.TlsEstablished)
            .Which.Text.Should().Contain($"{protocol}").And.Contain("host name: localhost");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Options_are_checked_before_the_port_is_taken_and_copied(bool changed)
    {
        TcpServerOptions options = SecureServerOptions;
        options.Tls!.Certificate = changed ? Identities.Server : null;
        if (!changed)
        {
            using Socket listener = ListenPlain();
            ArgumentException refused = Record.Exception(() => TcpServer.Listen((IPEndPoint)listener.LocalEndPoint!, options))
                .Should().BeAssignableTo<ArgumentException>().Subject;
            refused.ParamName.Should().Be(nameof(TlsServerOptions.Certificate));
            return;
        }

        await using TcpServer server = Listen(options);
        options.Tls.Certificate = null;
        options.Tls = null;
        Task serving = server.ServeAsync(EchoAsync);
        using (SslStream client = await ConnectPlainAsync(server.LocalEndPoint))
        {
            await ExchangeAsync(client);
        }

        await server.StopAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task Whoever_accepts_by_hand_is_told_to_upgrade_by_hand_and_the_server_stays_usable()
    {
        await using TcpServer server = ListenSecurely();
        using Socket waiting = Dial(server.LocalEndPoint);
        await server.WaitReadableAsync().Within();
        Func<Task>[] calls =
        [
            () => Task.FromResult(server.Accept()),
            () => Task.FromResult(server.Accept(TimeSpan.Zero)),
            () => Task.FromResult(server.TryAccept(out _)),
            () => server.AcceptAsync().AsTask(),
            () => server.AcceptAsync(TimeSpan.Zero).AsTask(),
            async () =>
            {
                await foreach (TcpConnection _ in server.AcceptAllAsync())
                {
                }
            },
        ];

        foreach (Func<Task> call in calls)
        {
            (await call.Should().ThrowAsync<InvalidOperationException>()).Which.Message
                .Should().Contain("ServeAsync").And.Contain("UpgradeToTlsAsync").And.Contain($"{server.Port}");
        }

        Task serving = server.ServeAsync(EchoAsync);
        using (SslStream client = await ConnectPlainAsync(server.LocalEndPoint))
        {
            await ExchangeAsync(client);
        }

        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    [Theory]
    [InlineData("plain bytes")]
    [InlineData("a plain request")]
    [InlineData("an end")]
    [InlineData("a reset")]
    [InlineData("half a hello and an end")]
    [InlineData("an old version")]
    [InlineData("silence for too long")]
    public async Task A_handshake_that_fails_is_a_Debug_line_and_a_count_and_nothing_else(string what)
    {
        int told = 0;
        int handled = 0;
        await using TcpServer server = ListenSecurely(options =>
        {
            options.HandlerFailed = (_, _) => told++;
            options.Tls!.HandshakeTimeout = what == "silence for too long" ? TimeSpan.FromMilliseconds(100) : Limits.Hang;
        });
        Task serving = server.ServeAsync((connection, token) =>
        {
            handled++;
            return EchoAsync(connection, token);
        });

        using (Socket client = Dial(server.LocalEndPoint))
        {
            switch (what)
            {
                case "plain bytes":
                    client.Send("hello, is anybody there?"u8);
                    break;
                case "a plain request":
                    client.Send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8);
                    break;
                case "an end":
                    client.Shutdown(SocketShutdown.Send);
                    break;
                case "a reset":
                    client.LingerState = new LingerOption(true, 0);
                    client.Close();
                    break;
                case "half a hello and an end":
                    client.Send(Hello.AsSpan(0, 100));
                    client.Shutdown(SocketShutdown.Send);
                    break;
                case "an old version":
                    // A hello of SSL 3 with one cipher suite: 16 03 00, the length, the type, the length, the version, ...
                    client.Send([0x16, 3, 0, 0, 45, 1, 0, 0, 41, 3, 0, .. new byte[32], 0, 0, 2, 0, 10, 1, 0]);
                    break;
            }

            if (what != "a reset")
            {
                ReadToEnd(client);
            }

            await Eventually.BeTrueAsync(() => server.GetStatistics().HandshakesFailed == 1, "the handshake has failed");
            await EndedAsync(server);
        }

        using (SslStream good = await ConnectPlainAsync(server.LocalEndPoint))
        {
            await ExchangeAsync(good);
            await good.ShutdownAsync().Within();
        }

        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();
        (told, handled).Should().Be((0, 1));
        Log.Complaints.Should().BeEmpty();
        string line = Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.TlsHandshakeFailed).Which.Text;
        line.Should().StartWith("The TLS handshake of connection conn-").And.Contain("handshake as a server").And.Contain($"{server.Port}");
        ServerStatistics counted = server.GetStatistics();
        (counted.AcceptedTotal, counted.HandshakesFailed, counted.ActiveHandshakes, counted.RejectedTotal).Should().Be((2, 1, 0, 0));
        counted.ClosedTotal[CloseReason.Error].Should().Be(1);
    }

    /// <summary>The drain has no limit, so a stop that waited for a handshake would not end.</summary>
    [Theory]
    [InlineData("stop")]
    [InlineData("dispose")]
    [InlineData("token")]
    public async Task A_stop_ends_handshakes_at_once_and_lets_handlers_finish(string how)
    {
        using var source = new CancellationTokenSource();
        await using TcpServer server = ListenSecurely(static options => options.DrainTimeout = Timeout.InfiniteTimeSpan);
        Task serving = server.ServeAsync(EchoAsync, source.Token);
        using SslStream good = await ConnectPlainAsync(server.LocalEndPoint);
        await ExchangeAsync(good);
        Socket[] stalled = [.. Enumerable.Range(0, 20).Select(_ => Dial(server.LocalEndPoint))];
        await Eventually.BeTrueAsync(() => server.GetStatistics().ActiveHandshakes == stalled.Length, "all are accepted");
        Array.ForEach(stalled[10..], static socket => socket.Send(Hello.AsSpan(0, 50)));

        Task stopping = Task.CompletedTask;
        switch (how)
        {
            case "stop":
                stopping = server.StopAsync();
                break;
            case "dispose":
                server.Dispose();
                break;
            default:
                await source.CancelAsync();
                break;
        }

        Array.ForEach(stalled, static socket => ReadToEnd(socket).Should().Be(0));
        await Eventually.BeTrueAsync(() => server.GetStatistics().HandshakesFailed == stalled.Length, "each has ended");
        if (how == "stop")
        {
            await ExchangeAsync(good);
            await good.ShutdownAsync().Within();
        }

        await stopping.Within();
        await serving.Within();
        server.GetStatistics().ActiveHandshakes.Should().Be(0);
        Log.Complaints.Should().BeEmpty();
        Log.Lines.Where(static line => line.Id.Id == EventIds.TlsHandshakeFailed).Select(static line => line.Text)
            .Should().OnlyContain(
                static text => text.EndsWith(" this side closed the connection: ServerStopped.", StringComparison.Ordinal));
        Array.ForEach(stalled, static socket => socket.Dispose());
    }

    [Fact]
    public async Task A_connection_in_its_handshake_counts_for_the_limits()
    {
        await using TcpServer server = ListenSecurely(static options => options.MaxConnectionsPerAddress = 2);
        Task serving = server.ServeAsync(EchoAsync);
        using Socket first = Dial(server.LocalEndPoint);
        Socket second = Dial(server.LocalEndPoint);
        await Eventually.BeTrueAsync(() => server.GetStatistics().ActiveHandshakes == 2, "two are in their handshake");
        using Socket third = Dial(server.LocalEndPoint);
        ReadToEnd(third).Should().Be(0);
        server.GetStatistics().RejectedTotal.Should().Be(1);

        second.Dispose();
        await EndedAsync(server, active: 1);
        using (SslStream good = await ConnectPlainAsync(server.LocalEndPoint))
        {
            await ExchangeAsync(good);
            server.GetStatistics().ActiveHandshakes.Should().Be(1);
        }

        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    [Fact]
    public async Task Limits_look_at_encrypted_bytes_during_the_handshake_and_at_the_applications_after_it()
    {
        var clock = new ManualClock();
        await using TcpServer server = ListenSecurely(options =>
        {
            options.Clock = clock;
            options.FirstByteTimeout = TimeSpan.FromSeconds(4);
            options.IdleTimeout = TimeSpan.FromSeconds(8);
        });
        Task serving = server.ServeAsync(EchoAsync);
        using Socket silent = Dial(server.LocalEndPoint);
        using Socket begun = Dial(server.LocalEndPoint);
        begun.Send(Hello.AsSpan(0, 60));
        using SslStream done = await ConnectPlainAsync(server.LocalEndPoint);
        await Eventually.BeTrueAsync(() => server.GetStatistics().ActiveHandshakes == 2, "one handshake is over");
        await Eventually.BeTrueAsync(
            () => server.Connections.All(static connection => connection.Channel.UnreadBytes == 0), "what was sent is received");
        await clock.WaitedForAsync();

        // The first look begins to count.
        Look(5);
        await EndedAsync(server, active: 1);
        server.GetStatistics().ClosedTotal[CloseReason.IdleTimeout].Should().Be(2, "the silent one, and the one without a byte after it");
        ReadToEnd(silent).Should().Be(0);
        Look(4);
        await EndedAsync(server);

        server.GetStatistics().HandshakesFailed.Should().Be(2);
        Log.Complaints.Should().BeEmpty();
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();

        void Look(int times)
        {
            for (int i = 0; i < times; i++)
            {
                clock.Advance(TimeSpan.FromSeconds(1));
            }
        }
    }

    /// <summary>Whoever sends to all connections of the server must not send plain text to one that has just been accepted.</summary>
    [Fact]
    public async Task A_send_to_a_connection_in_its_handshake_waits_and_is_encrypted()
    {
        await using TcpServer server = ListenSecurely();
        Task serving = server.ServeAsync(EchoAsync);
        Socket socket = Dial(server.LocalEndPoint);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "it is accepted");
        TcpConnection served = server.Connections.Single();
        Task sending = served.SendAsync("news"u8.ToArray()).AsTask();
        served.Tls.Should().BeNull();
        served.TrySend("lost"u8, out _).Should().BeFalse();
        sending.IsCompleted.Should().BeFalse();

        using var client = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = Host,
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        }).Within();
        byte[] buffer = new byte[4];
        await client.ReadExactlyAsync(buffer).AsTask().Within();

        buffer.Should().Equal("news"u8.ToArray());
        await sending.Within();
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    [Theory]
    [InlineData(Dispatch.Auto)]
    [InlineData(Dispatch.Inline)]
    [InlineData(Dispatch.ThreadPool)]
    public async Task The_handshake_computes_on_the_pool_and_the_handler_begins_where_it_does_without_TLS(Dispatch dispatch)
    {
        var computing = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var handling = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var plain = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TcpServer server = ListenSecurely(options =>
        {
            options.Dispatch = dispatch;
            options.Tls!.ClientCertificates = ClientCertificates.Accept;
            options.Tls.DangerousClientCertificateValidation = (_, _, _) =>
            {
                computing.TrySetResult(Thread.CurrentThread.IsThreadPoolThread);
                return true;
            };
        });
        TcpServerOptions plainOptions = ServerOptions;
        plainOptions.Dispatch = dispatch;
        await using TcpServer other = Listen(plainOptions);
        Task serving = server.ServeAsync((_, _) =>
        {
            handling.TrySetResult(Thread.CurrentThread.IsThreadPoolThread);
            return Task.CompletedTask;
        });
        Task servingPlain = other.ServeAsync((_, _) =>
        {
            plain.TrySetResult(Thread.CurrentThread.IsThreadPoolThread);
            return Task.CompletedTask;
        });

        using (TcpClient client = ConnectSecurely(server, static options => options.Tls!.ClientCertificate = Identities.Other))
        using (TcpClient without = Connect(other))
        {
            (await computing.Task.Within()).Should().BeTrue();
            (await handling.Task.Within()).Should().Be(await plain.Task.Within());
        }

        await server.StopAsync().Within();
        await other.StopAsync().Within();
        await serving.Within();
        await servingPlain.Within();
    }

    [Fact]
    public async Task A_handler_that_throws_after_the_handshake_is_told_as_ever()
    {
        var told = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TcpServer server = ListenSecurely(options => options.HandlerFailed = (_, exception) => told.TrySetResult(exception));
        Task serving = server.ServeAsync(static (_, _) => throw new InvalidOperationException("by the handler"));
        using SslStream client = await ConnectPlainAsync(server.LocalEndPoint);

        (await told.Task.Within()).Message.Should().Be("by the handler");
        Log.Complaints.Should().ContainSingle().Which.Level.Should().Be(LogLevel.Error);
        server.GetStatistics().HandshakesFailed.Should().Be(0);
        await server.StopAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task A_certificate_for_another_name_than_its_host_is_a_warning_when_the_server_begins()
    {
        await using TcpServer server = ListenSecurely(static options =>
        {
            options.Tls!.HostCertificates[Host] = Identities.Server;
            options.Tls.HostCertificates["other.example"] = Identities.Other;
            options.Tls.HostCertificates["c.example"] = Identities.Other;
            options.Tls.HostCertificates["*.example"] = Identities.Other;
        });
        Task serving = server.ServeAsync(EchoAsync);
        await Eventually.BeTrueAsync(() => Log.Complaints.Count() == 2, "both are told");
        await server.StopAsync().Within();
        await serving.Within();

        Log.Complaints.Should().OnlyContain(static line =>
            line.Level == LogLevel.Warning && line.Id.Id == EventIds.TlsHostCertificateMismatch);
        Log.Complaints.Select(static line => line.Text).Should()
            .ContainSingle(static text => text.StartsWith("HostCertificates has a certificate for c.example on ", StringComparison.Ordinal))
            .Which.Should().Contain("that is for: other.example.");
    }

    /// <summary>An end that was cut short is an error to the handler, and what strangers do.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_client_that_ends_without_close_notify_is_not_above_Debug(bool allowed)
    {
        await using TcpServer server = ListenSecurely(options => options.Tls!.AllowTruncation = allowed);
        Task serving = server.ServeAsync(EchoAsync);
        using (SslStream client = await ConnectPlainAsync(server.LocalEndPoint))
        {
            await ExchangeAsync(client);
        }

        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
        Log.Lines.Count(static line => line.Id.Id == EventIds.HandlerDisconnected).Should().Be(allowed ? 0 : 1);
        server.GetStatistics().ClosedTotal[allowed ? CloseReason.PeerFinished : CloseReason.Error].Should().Be(1);
    }

    [Fact]
    public async Task What_is_no_record_after_the_handshake_ends_the_handler_and_is_not_above_Debug()
    {
        await using TcpServer server = ListenSecurely();
        Task serving = server.ServeAsync(EchoAsync);
        Socket socket = Dial(server.LocalEndPoint);
        using var client = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await client.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = Host,
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        }).Within();
        await ExchangeAsync(client);

        socket.Send("this is no record"u8);

        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
        Log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.HandlerDisconnected)
            .Which.Exception.Should().BeOfType<TlsException>();
        server.GetStatistics().HandshakesFailed.Should().Be(0);
    }

    /// <summary>The first bytes of a hello, as an SslStream has sent it.</summary>
    private protected static byte[] Hello => s_hello.Value;

    private static readonly Lazy<byte[]> s_hello = new(static () =>
    {
        using Socket listener = ListenPlain();
        using Socket socket = Dial(listener.LocalEndPoint!);
        using Socket accepted = listener.Accept();
        using var stream = new SslStream(new NetworkStream(socket));
        Task unfinished = stream.AuthenticateAsClientAsync(Host);
        byte[] hello = new byte[200];
        for (int i = 0; i < hello.Length;)
        {
            i += accepted.Receive(hello.AsSpan(i));
        }

        accepted.Close();
        Record.Exception(() => unfinished.Wait(Limits.Hang)).Should().NotBeNull();
        return hello;
    });
}

public sealed class ServingTests_Portable : ServingTests<PortableUnderTest>;

public sealed class ServingTests_Epoll : ServingTests<EpollUnderTest>;
