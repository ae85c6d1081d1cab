using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Telemetry;

namespace SocketKit.IntegrationTests.Telemetry;

/// <summary>The span around a served handler.</summary>
[Collection(Serial.Name)]
public abstract class ConnectionSpanTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const string Span = "connection";

    [Fact]
    public async Task The_span_is_current_in_the_handler_and_tells_whose_connection_it_is()
    {
        using var trace = new TraceRecorder();
        var seen = new ConcurrentQueue<Activity?>();
        await using TcpServer server = Listen();
        Task serving = server.ServeAsync(async (connection, token) =>
        {
            seen.Enqueue(Activity.Current);
            byte[] buffer = new byte[1];
            await connection.ReceiveAsync(buffer, token);
            seen.Enqueue(Activity.Current);
            await connection.SendAsync(connection.Id, token);
        });
        string[] ids = new string[3];
        int[] ports = new int[3];
        for (int i = 0; i < ids.Length; i++)
        {
            using TcpClient client = Connect(server);
            client.Send("x"u8);
            byte[] id = new byte[64];
            ids[i] = System.Text.Encoding.UTF8.GetString(id, 0, await client.ReceiveAsync(id).Within());
            ports[i] = client.LocalEndPoint.Port;
        }

        await Eventually.BeAsync(() => server.ConnectionCount, 0, "the handlers have returned");
        await server.StopAsync().Within();
        await serving.Within();

        seen.Should().HaveCount(6).And.OnlyContain(static activity => activity!.OperationName == Span && activity.Parent == null);
        for (int i = 0; i < ids.Length; i++)
        {
            Activity span = trace.Of(Span, AttributeNames.PeerPort, ports[i]).Should().ContainSingle().Subject;
            span.Kind.Should().Be(ActivityKind.Server);
            span.Status.Should().Be(ActivityStatusCode.Unset);
            span.TagObjects.Should().BeEquivalentTo(new Dictionary<string, object?>
            {
                ["socketkit.connection.id"] = ids[i],
                ["network.transport"] = "tcp",
                ["network.type"] = "ipv4",
                ["network.local.address"] = "127.0.0.1",
                ["network.local.port"] = server.Port,
                ["network.peer.address"] = "127.0.0.1",
                ["network.peer.port"] = ports[i],
            });
            seen.Should().Contain(span);
        }
    }

    [LinuxFact]
    public async Task A_span_over_a_path_has_its_name()
    {
        using var trace = new TraceRecorder();
        await using UnixServer server = ListenUnix(PathOf());
        Task serving = server.ServeAsync(static (connection, token) => connection.SendAsync("x"u8.ToArray(), token).AsTask());
        using (UnixClient client = ConnectUnix(PathOf()))
        {
            (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
        }

        await server.StopAsync().Within();
        await serving.Within();

        Activity span = trace.Of(Span, AttributeNames.LocalAddress, PathOf()).Should().ContainSingle().Subject;
        span.GetTagItem(AttributeNames.Transport).Should().Be("unix");
        span.GetTagItem(AttributeNames.PeerAddress).Should().BeNull("the client has no name");
    }

    [Theory]
    [InlineData("at once")]
    [InlineData("later")]
    [InlineData("peer")]
    [InlineData("stop")]
    public async Task The_span_says_how_the_connection_has_ended(string how)
    {
        using var trace = new TraceRecorder();
        TcpServerOptions options = ServerOptions;
        options.HandlerFailed = static (_, _) => { };
        await using TcpServer server = Listen(options);
        Task serving = server.ServeAsync((connection, token) => how == "at once"
            ? throw new InvalidOperationException("by the handler")
            : HandleAsync(connection));

        // A plain socket: the reset may overtake the return of a connect that looks for errors.
        using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(server.LocalEndPoint);
        int port = ((IPEndPoint)client.LocalEndPoint!).Port;
        if (how != "at once")
        {
            client.Send("x"u8);
            client.Receive(new byte[1]).Should().Be(1);
        }

        if (how == "peer")
        {
            client.LingerState = new LingerOption(true, 0);
            client.Close();
        }

        if (how != "stop")
        {
            await Eventually.BeTrueAsync(() => trace.Of(Span, AttributeNames.PeerPort, port).Count == 1, "the handler has ended");
        }

        await server.StopAsync(TimeSpan.Zero).Within();
        await serving.Within();

        Activity span = trace.Of(Span, AttributeNames.PeerPort, port).Should().ContainSingle().Subject;
        span.Status.Should().Be(ActivityStatusCode.Error);
        span.GetTagItem(AttributeNames.ErrorType).Should().Be(how switch
        {
            "peer" => "peer_reset",
            "stop" => "server_stopped",
            _ => "local_abort",
        });
        span.Events.Should().ContainSingle().Which.Name.Should().Be("exception");

        async Task HandleAsync(TcpConnection connection)
        {
            byte[] buffer = new byte[1];
            await connection.ReceiveAsync(buffer, CancellationToken.None);
            await connection.SendAsync(buffer, CancellationToken.None);
            if (how == "later")
            {
                throw new InvalidOperationException("by the handler");
            }

            await connection.ReceiveAsync(buffer, CancellationToken.None);
        }
    }

    [Fact]
    public async Task Where_nobody_listens_there_is_no_span()
    {
        var seen = new ConcurrentQueue<Activity?>();
        await using TcpServer server = Listen();
        Task serving = server.ServeAsync((connection, token) =>
        {
            seen.Enqueue(Activity.Current);
            return connection.SendAsync("x"u8.ToArray(), token).AsTask();
        });
        using TcpClient client = Connect(server);
        (await client.ReceiveAsync(new byte[1]).Within()).Should().Be(1);

        seen.Should().ContainSingle().Which.Should().BeNull();
        await server.StopAsync().Within();
        await serving.Within();
    }

    /// <summary>A handler may return a task that other code ends, with an activity of its own.</summary>
    [Fact]
    public async Task The_end_of_a_handler_does_not_change_the_current_activity_of_who_ends_it()
    {
        using var trace = new TraceRecorder();
        var ending = new TaskCompletionSource();
        await using TcpServer server = Listen();
        Task serving = server.ServeAsync((_, _) => ending.Task);
        using TcpClient client = Connect(server);
        await Eventually.BeAsync(() => server.ConnectionCount, 1, "the client is served");
        using Activity own = new Activity("own").Start();

        ending.SetResult();

        Activity.Current.Should().BeSameAs(own);
        own.Stop();
        await server.StopAsync().Within();
        await serving.Within();
        trace.Of(Span, AttributeNames.PeerPort, client.LocalEndPoint.Port).Should().ContainSingle();
    }
}

public sealed class ConnectionSpanTests_Portable : ConnectionSpanTests<PortableUnderTest>;

public sealed class ConnectionSpanTests_Epoll : ConnectionSpanTests<EpollUnderTest>;
