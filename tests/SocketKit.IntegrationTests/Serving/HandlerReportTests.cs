using System.Collections.Concurrent;
using System.Security.Authentication;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.IntegrationTests.Kit;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>Who is told of a handler's failure, and how loudly.</summary>
public abstract class HandlerReportTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly LogRecorder _log = new();
    private readonly ConcurrentQueue<(TcpConnection Connection, Exception Exception, CloseReason Reason)> _told = new();

    [Fact]
    public async Task HandlerFailed_is_told_once_after_the_abort_beside_the_log()
    {
        var thrown = new InvalidOperationException("by a handler");

        await ServeOneAsync(ReportingOptions, (_, _) => throw thrown);

        (TcpConnection connection, Exception exception, CloseReason reason) = _told.Should().ContainSingle().Subject;
        exception.Should().BeSameAs(thrown);
        reason.Should().Be(CloseReason.LocalAbort);
        connection.RemoteEndPoint.Should().NotBeNull();
        _log.Complaints.Should().ContainSingle().Which.Should().Match<(LogLevel Level, EventId Id, string Text, Exception? Exception)>(
            line => line.Level == LogLevel.Error && line.Exception == thrown);
    }

    [LinuxFact]
    public async Task A_Unix_server_tells_with_its_own_connection()
    {
        var told = new TaskCompletionSource<(UnixConnection Connection, Exception Exception)>();
        UnixServerOptions options = UnixServerOptions;
        options.HandlerFailed = (connection, exception) => told.SetResult((connection, exception));
        await using UnixServer server = ListenUnix(PathOf(), options);
        Task serving = server.ServeAsync(static (_, _) => throw new InvalidOperationException("by a handler"));
        using UnixClient client = ConnectUnix(PathOf());

        (await told.Task.Within()).Exception.Message.Should().Be("by a handler");
        await server.StopAsync().Within();
        await serving.Within();
    }

    [Theory]
    [InlineData("in a stream")]
    [InlineData("in a handshake")]
    [InlineData("in a blocking wait")]
    public async Task A_time_out_of_its_own_connection_is_no_failure_however_it_is_wrapped(string how)
    {
        await ServeOneAsync(ReportingOptions, (connection, _) =>
        {
            connection.ReceiveTimeout = TimeSpan.FromMilliseconds(1);
            Exception own = Record.Exception(() => connection.Receive(new byte[1]))!;
            throw how switch
            {
                "in a stream" => new IOException("wrapped", own),
                "in a handshake" => new AuthenticationException("wrapped", new IOException("wrapped", own)),
                _ => new AggregateException(own),
            };
        });

        ShouldBeQuiet();
    }

    [Fact]
    public async Task A_time_out_of_another_connection_is_a_failure()
    {
        await ServeOneAsync(ReportingOptions, static (_, _) =>
        {
            (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair();
            using (first)
            using (second)
            {
                first.ReceiveTimeout = TimeSpan.FromMilliseconds(1);
                first.Receive(new byte[1]);
            }

            return Task.CompletedTask;
        });

        _told.Should().ContainSingle().Which.Exception.Should().BeOfType<SocketTimeoutException>();
        _log.Complaints.Should().ContainSingle();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task IsPeerFault_decides_what_is_the_peers(bool isPeers)
    {
        var asked = new ConcurrentQueue<Exception>();
        TcpServerOptions options = ReportingOptions;
        options.IsPeerFault = exception =>
        {
            asked.Enqueue(exception);
            return isPeers && exception is InvalidDataException;
        };

        await ServeOneAsync(options, static (_, _) => throw new InvalidDataException("a malformed message"));

        asked.Should().ContainSingle().Which.Should().BeOfType<InvalidDataException>();
        if (isPeers)
        {
            ShouldBeQuiet();
        }
        else
        {
            _told.Should().ContainSingle();
            _log.Complaints.Should().ContainSingle();
        }
    }

    [Fact]
    public async Task What_an_abort_by_the_stop_makes_a_handler_throw_is_no_failure()
    {
        await using TcpServer server = Listen(ReportingOptions);
        Task serving = server.ServeAsync(static (connection, _) => connection.ReceiveAsync(new byte[1], CancellationToken.None).AsTask());
        using TcpClient client = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "a client is connected");

        await server.StopAsync(TimeSpan.Zero).Within();

        await serving.Within();
        ShouldBeQuiet();
    }

    [Fact]
    public async Task What_is_wrong_with_a_handler_is_a_failure_during_the_stop_too()
    {
        var thrown = new InvalidOperationException("while the server stops");
        await using TcpServer server = Listen(ReportingOptions);
        Task serving = server.ServeAsync(async (connection, _) =>
        {
            await Record.ExceptionAsync(() => connection.ReceiveAsync(new byte[1], CancellationToken.None).AsTask());
            throw thrown;
        });
        using TcpClient client = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "a client is connected");

        await server.StopAsync(TimeSpan.Zero).Within();

        await serving.Within();
        _told.Should().ContainSingle().Which.Exception.Should().BeSameAs(thrown);
    }

    [Theory]
    [InlineData("stop")]
    [InlineData("stop twice")]
    [InlineData("dispose")]
    [InlineData("dispose asynchronously")]
    [InlineData("token")]
    [InlineData("everything")]
    [InlineData("stop by a handler")]
    public async Task The_stop_is_logged_once(string how)
    {
        using var source = new CancellationTokenSource();
        TcpServer server = Listen(ReportingOptions);
        var inside = new TaskCompletionSource();
        Task serving = server.ServeAsync(
            async (connection, token) =>
            {
                if (how == "stop by a handler")
                {
                    await server.StopAsync(CancellationToken.None);
                    inside.SetResult();
                    return;
                }

                inside.SetResult();
                await connection.ReceiveAsync(new byte[1], token);
            },
            source.Token);
        using TcpClient client = Connect(server);
        await inside.Task.Within();

        Task stopping = how switch
        {
            "stop" => server.StopAsync(TimeSpan.Zero),
            "stop twice" => Task.WhenAll(server.StopAsync(Timeout.InfiniteTimeSpan), server.StopAsync(TimeSpan.Zero)),
            "dispose" => Task.Run(server.Dispose),
            "dispose asynchronously" => server.DisposeAsync().AsTask(),
            "token" => source.CancelAsync(),
            "everything" => Task.WhenAll(server.StopAsync(TimeSpan.Zero), source.CancelAsync(), server.DisposeAsync().AsTask()),
            _ => Task.CompletedTask,
        };

        await stopping.Within();
        await serving.Within();
        await server.StopAsync().Within();
        await server.DisposeAsync();
        _log.Lines.Count(static line => line.Id.Id == EventIds.ServerStopped).Should().Be(1);
        _log.Lines.Count(static line => line.Id.Id == EventIds.ServerListening).Should().Be(1);
    }

    [Fact]
    public async Task Rejections_by_MaxConnections_are_one_warning_per_interval_with_their_count()
    {
        var clock = new ManualClock();
        TcpServerOptions options = ReportingOptions;
        options.Clock = clock;
        options.MaxConnections = 1;
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(static (connection, token) => connection.ReceiveAsync(new byte[1], token).AsTask());
        using TcpClient client = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "a client is connected");

        await BeRejectedAsync(server, 4);
        _log.Complaints.Should().ContainSingle().Which.Text.Should().Contain("Rejected 1 connections");
        clock.Advance(TimeSpan.FromSeconds(5));
        await BeRejectedAsync(server, 2);

        (LogLevel Level, EventId Id, string Text, Exception? Exception)[] lines = [.. _log.Complaints];
        lines.Select(static line => (line.Level, line.Id.Id))
            .Should().Equal((LogLevel.Warning, EventIds.ConnectionRejected), (LogLevel.Warning, EventIds.ConnectionRejected));
        lines[1].Text.Should().Contain("Rejected 4 connections");
        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();
    }

    [LinuxFact]
    public async Task Users_who_are_not_allowed_are_one_warning_per_interval_with_their_count()
    {
        var clock = new ManualClock();
        using UnixServer server = ListenUnix(
            PathOf(), new UnixServerOptions { Engine = Engine, LoggerFactory = _log, Clock = clock, AllowedUserIds = [OwnUserId + 1] });

        TurnAway(3);
        clock.Advance(TimeSpan.FromSeconds(5));
        TurnAway(1);

        (LogLevel Level, EventId Id, string Text, Exception? Exception)[] lines = [.. _log.Complaints];
        lines.Select(static line => (line.Level, line.Id.Id))
            .Should().Equal((LogLevel.Warning, EventIds.PeerTurnedAway), (LogLevel.Warning, EventIds.PeerTurnedAway));
        lines[1].Text.Should().Contain("Turned away 3 connections");
        await server.StopAsync().Within();

        void TurnAway(int times)
        {
            for (int i = 0; i < times; i++)
            {
                using UnixClient client = ConnectUnix(PathOf());
                server.TryAccept(out _).Should().BeFalse();
            }
        }
    }

    private TcpServerOptions ReportingOptions
    {
        get
        {
            TcpServerOptions options = ServerOptions;
            options.LoggerFactory = _log;
            options.HandlerFailed = (connection, exception) => _told.Enqueue((connection, exception, connection.CloseReason));
            return options;
        }
    }

    /// <summary>Serves one connection until its handler has ended, and stops.</summary>
    private async Task ServeOneAsync(TcpServerOptions options, Func<TcpConnection, CancellationToken, Task> handler)
    {
        await using TcpServer server = Listen(options);
        var entered = new TaskCompletionSource();
        Task serving = server.ServeAsync((connection, token) =>
        {
            entered.TrySetResult();
            return handler(connection, token);
        });
        using (TcpClient.TryConnect(server.LocalEndPoint, ClientOptions).Client)
        {
            await entered.Task.Within();
            await server.StopAsync(Timeout.InfiniteTimeSpan).Within();
            await serving.Within();
        }
    }

    /// <summary>The reset may overtake the connect's own return.</summary>
    private async Task BeRejectedAsync(TcpServer server, int times)
    {
        for (int i = 0; i < times; i++)
        {
            Exception? exception = await Record.ExceptionAsync(async () =>
            {
                using TcpClient rejected = Connect(server);
                await rejected.ReceiveAsync(new byte[1]).Within();
            });
            exception.Should().BeAssignableTo<SocketException>();
        }
    }

    private void ShouldBeQuiet()
    {
        _told.Should().BeEmpty();
        _log.Complaints.Should().BeEmpty();
        _log.Lines.Should().ContainSingle(static line => line.Id.Id == EventIds.HandlerDisconnected)
            .Which.Level.Should().Be(LogLevel.Debug);
    }
}

public sealed class HandlerReportTests_Portable : HandlerReportTests<PortableUnderTest>;

public sealed class HandlerReportTests_Epoll : HandlerReportTests<EpollUnderTest>;
