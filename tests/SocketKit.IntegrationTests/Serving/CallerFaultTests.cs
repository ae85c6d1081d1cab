using System.Collections;
using SocketKit.IntegrationTests.Kit;
using AddressFamily = System.Net.Sockets.AddressFamily;
using ProtocolType = System.Net.Sockets.ProtocolType;
using Socket = System.Net.Sockets.Socket;
using SocketType = System.Net.Sockets.SocketType;
using UnixDomainSocketEndPoint = System.Net.Sockets.UnixDomainSocketEndPoint;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>
/// Whatever the application hands to a server may throw. Each row: the server serves the next client, stops without an exception, leaks no
/// descriptor, and no exception is left unobserved.
/// </summary>
[Collection(Serial.Name)]
public abstract class CallerFaultTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const string Fault = "thrown by the application";

    [LinuxTheory]
    [MemberData(nameof(CallerFaultRows.All), MemberType = typeof(CallerFaultRows))]
    public Task What_the_application_throws_costs_at_most_its_own_connection(string fault, string way) => LeakNothingAsync(async () =>
    {
        TcpServerOptions options = ServerOptions;
        options.LoggerFactory = fault switch { "logger" => new ThrowingLog(), "logger factory" => new ThrowingFactory(), _ => null };
        options.HandlerFailed = fault == "HandlerFailed"
            ? static (_, _) => throw new InvalidOperationException(Fault)
            : static (_, _) => { };
        options.IsPeerFault = fault == "IsPeerFault" ? static _ => throw new InvalidOperationException(Fault) : null;
        int asked = 0;
        options.AddressFilter = fault == "AddressFilter"
            ? _ => Interlocked.Increment(ref asked) > 1 ? true : throw new InvalidOperationException(Fault)
            : null;
        TcpServer server = Listen(options);
        await using (server)
        {
            await (way == "ServeAsync" ? ServeTwoAsync(server, fault) : AcceptTwoAsync(server, way));
        }
    });

    [LinuxTheory]
    [InlineData("TcpServer.Listen")]
    [InlineData("UnixServer.Listen")]
    public Task What_Configure_throws_comes_out_of_the_factory_call_and_nothing_is_left(string call) => LeakNothingAsync(() =>
    {
        Action<Socket> configure = static _ => throw new InvalidOperationException(Fault);
        Action listen = call == "TcpServer.Listen"
            ? () => TcpServer.Listen("127.0.0.1", 0, new TcpServerOptions { Engine = Engine, Configure = configure })
            : () => UnixServer.Listen(PathOf(), new UnixServerOptions { Engine = Engine, Configure = configure });

        listen.Should().Throw<InvalidOperationException>().WithMessage(Fault);

        File.Exists(PathOf()).Should().BeFalse();
        return Task.CompletedTask;
    });

    [LinuxTheory]
    [InlineData("UnixServer.Listen")]
    [InlineData("UnixServer.FromSocket")]
    public Task What_AllowedUserIds_throws_comes_out_of_the_factory_call_and_nothing_is_left(string call) => LeakNothingAsync(() =>
    {
        var options = new UnixServerOptions { Engine = Engine, AllowedUserIds = new ThrowingUsers() };
        if (call == "UnixServer.Listen")
        {
            FluentActions.Invoking(() => UnixServer.Listen(PathOf(), options))
                .Should().Throw<InvalidOperationException>().WithMessage(Fault);
            File.Exists(PathOf()).Should().BeFalse();
            return Task.CompletedTask;
        }

        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(AbstractName()));
        socket.Listen();
        FluentActions.Invoking(() => UnixServer.FromSocket(socket, options, ownsSocket: false))
            .Should().Throw<InvalidOperationException>().WithMessage(Fault);

        // It is still its owner's, in the mode it had.
        using var peer = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        peer.Connect(socket.LocalEndPoint!);
        using Socket accepted = socket.Accept();
        socket.Blocking.Should().BeTrue();
        return Task.CompletedTask;
    });

    /// <summary>The first run loads and starts what lives as long as the process.</summary>
    private static async Task LeakNothingAsync(Func<Task> act)
    {
        await act();
        int baseline = OpenDescriptors.Count();
        using var unobserved = new UnobservedExceptions();

        await act();

        OpenDescriptors.ShouldReturnTo(baseline);
        unobserved.ShouldBeNone();
    }

    private async Task AcceptTwoAsync(TcpServer server, string way)
    {
        await using IAsyncEnumerator<TcpConnection> all = server.AcceptAllAsync().GetAsyncEnumerator();
        for (int i = 0; i < 2; i++)
        {
            using TcpClient client = Connect(server);
            switch (way)
            {
                case "AcceptAllAsync":
                    (await all.MoveNextAsync().AsTask().Within()).Should().BeTrue();
                    await ExchangeAsync(client, all.Current);
                    break;
                default:
                    CallShape shape = way == "Accept" ? CallShape.Blocking : way == "TryAccept" ? CallShape.Try : CallShape.Async;
                    await ExchangeAsync(client, await server.AcceptBy(shape).Within());
                    break;
            }
        }

        await server.StopAsync().Within();

        static async Task ExchangeAsync(TcpClient client, TcpConnection accepted)
        {
            using (accepted)
            {
                client.Send("x"u8);
                (await accepted.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
            }
        }
    }

    private async Task ServeTwoAsync(TcpServer server, string fault)
    {
        using var serve = new CancellationTokenSource();
        using var stop = new CancellationTokenSource();
        int calls = 0;
        Task serving = server.ServeAsync(
            (connection, token) => fault != "AddressFilter" && Interlocked.Increment(ref calls) == 1
                ? FailAsync(fault, connection, token)
                : AnswerAsync(connection, token),
            serve.Token);
        serve.Token.Register(() => ThrowIf(fault == "callback on the token of ServeAsync"));
        stop.Token.Register(() => ThrowIf(fault == "callback on the token of StopAsync"));

        // The reset may overtake the connect's own return.
        TcpClient? unlucky = TcpClient.TryConnect(server.LocalEndPoint, ClientOptions).Client;
        await Eventually.BeTrueAsync(
            () => calls == 1 || server.GetStatistics().RejectedTotal == 1, "the first handler was called, or the client refused");
        using TcpClient lucky = Connect(server);
        await lucky.ReceiveExactlyAsync(new byte[4]).Within();

        Task stopping = server.StopAsync(Timeout.InfiniteTimeSpan, stop.Token);
        if (fault == "callback on the token of ServeAsync")
        {
            await Record.ExceptionAsync(serve.CancelAsync);
        }

        // Whoever cancels is told by the source what its callbacks threw.
        await Record.ExceptionAsync(stop.CancelAsync);
        await stopping.Within();
        await serving.Within();
        unlucky?.Dispose();
    }

    private static Task FailAsync(string fault, TcpConnection connection, CancellationToken token)
    {
        switch (fault)
        {
            case "handler at once":
                throw new InvalidOperationException(Fault);
            case "no task":
                return null!;
            case "callback on the handlers' token":
                token.Register(static () => ThrowIf(true));
                return AnswerAsync(connection, token);
            case "callback on Stopping":
                connection.Stopping.Register(static () => ThrowIf(true));
                return AnswerAsync(connection, token);
            case "callback on the token of ServeAsync" or "callback on the token of StopAsync":
                return AnswerAsync(connection, token);
            default:
                return Task.FromException(new InvalidOperationException(Fault));
        }
    }

    private static async Task AnswerAsync(TcpConnection connection, CancellationToken token)
    {
        await connection.SendAsync("fine"u8.ToArray(), token);
        await connection.ReceiveAsync(new byte[1], token);
    }

    private static void ThrowIf(bool isFault)
    {
        if (isFault)
        {
            throw new InvalidOperationException(Fault);
        }
    }

    private sealed class ThrowingUsers : IReadOnlyCollection<uint>
    {
        public int Count => throw new InvalidOperationException(Fault);

        public IEnumerator<uint> GetEnumerator() => throw new InvalidOperationException(Fault);

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

public sealed class CallerFaultTests_Portable : CallerFaultTests<PortableUnderTest>;

public sealed class CallerFaultTests_Epoll : CallerFaultTests<EpollUnderTest>;

/// <summary>Who throws, and in which way the server is used.</summary>
public static class CallerFaultRows
{
    private static readonly string[] s_everywhere = ["logger", "logger factory"];

    private static readonly string[] s_served =
    [
        "AddressFilter", "HandlerFailed", "IsPeerFault", "handler at once", "handler's task", "no task",
        "callback on the handlers' token", "callback on Stopping",
        "callback on the token of ServeAsync", "callback on the token of StopAsync",
    ];

    public static TheoryData<string, string> All
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (string way in new[] { "Accept", "TryAccept", "AcceptAsync", "AcceptAllAsync", "ServeAsync" })
            {
                foreach (string fault in way == "ServeAsync" ? [.. s_everywhere, .. s_served] : s_everywhere)
                {
                    rows.Add(fault, way);
                }
            }

            return rows;
        }
    }
}
