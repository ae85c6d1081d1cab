using System.Buffers;
using System.IO.Pipelines;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Tcp;
using SocketKit.Telemetry;

namespace SocketKit.IntegrationTests.Telemetry;

/// <summary>Connections whose bytes belong to messages, or to a pipe, are measured like all others, however they end.</summary>
[Collection(Serial.Name)]
public abstract class OwnedBytesTests<TEngine> : TelemetryTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int FrameHead = 4;

    /// <summary>What a handler leaves behind a kernel that is full. A pipe keeps at most 64 KiB while nobody waits.</summary>
    private const int Rest = 50_000;

    private static readonly MessageFraming s_framing = MessageFraming.LengthPrefix();

    [Theory]
    [InlineData("messages, disposed")]
    [InlineData("messages, disposed with a queue")]
    [InlineData("messages, disposed after a queue")]
    [InlineData("messages, a bad frame")]
    [InlineData("pipe, completed")]
    [InlineData("pipe, completed with an error")]
    public async Task A_client_counts_until_it_has_ended_and_its_bytes_stay(string how)
    {
        using var meter = new MeterRecorder();
        using TcpServer server = Listen();
        (string, object?) own = TagOf(server.LocalEndPoint);
        await BeQuietAsync();
        ByteCount before = Read(meter, LimitedServer.Tcp);
        TcpClient client = Connect(server);
        TcpConnection accepted = await server.AcceptAsync().Within();
        meter.Sum(ActiveClients, own).Should().Be(1);

        await EndAsync(how, client, accepted);

        (meter.Sum(ActiveClients, own), meter.Lowest(ActiveClients, own)).Should().Be((0, 0));
        accepted.Dispose();
        await Eventually.BeTrueAsync(
            () => Since(before, meter, LimitedServer.Tcp) == ByteCount.Of(client.Channel) + ByteCount.Of(accepted.Channel),
            "a send that was under way counts its bytes a moment after the close");
        ByteCount moved = Since(before, meter, LimitedServer.Tcp);
        (moved.Received + moved.Sent).Should().BePositive();
    }

    [Theory]
    [InlineData("messages")]
    [InlineData("pipe")]
    public async Task A_handler_that_leaves_bytes_counts_until_they_are_sent(string what)
    {
        using var meter = new MeterRecorder();
        using var trace = new TraceRecorder();
        TcpServerOptions options = ServerOptions;
        options.SendBufferSize = SmallBuffer;
        TcpClientOptions slow = ClientOptions;
        slow.ReceiveBufferSize = SmallBuffer;
        var left = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TcpServer server = Listen(options);
        (string, object?) own = TagOf(server.LocalEndPoint);
        await BeQuietAsync();
        ByteCount before = Read(meter, LimitedServer.Tcp);
        Task serving = server.ServeAsync(async (connection, _) => left.SetResult(await LeaveAsync(what, connection)));
        using TcpClient client = Connect(server, slow);
        long total = await left.Task.Within();

        meter.Sum(Active, own).Should().Be(1, "the rest has not been sent");
        meter.Of(Duration, own).Should().BeEmpty();
        (await client.DrainAsync()).Should().BeNull("it was closed with FIN");
        await server.StopAsync().Within();
        await serving.Within();

        (meter.Sum(Active, own), meter.Lowest(Active, own)).Should().Be((0, 0));
        meter.Of(Duration, own).Should().ContainSingle().Which[AttributeNames.ErrorType].Should().BeNull();
        trace.Of("connection", AttributeNames.PeerPort, client.LocalEndPoint.Port).Should().ContainSingle();
        Since(before, meter, LimitedServer.Tcp).Should().Be(new ByteCount(total, total));
    }

    [Theory]
    [InlineData("messages")]
    [InlineData("pipe")]
    public async Task A_connection_of_KeepConnectedAsync_counts_until_what_its_handler_left_is_sent(string what)
    {
        using var meter = new MeterRecorder();
        TcpServerOptions slow = ServerOptions;
        slow.ReceiveBufferSize = SmallBuffer;
        TcpClientOptions options = ClientOptions;
        options.SendBufferSize = SmallBuffer;
        options.StopWhenHandled = true;
        var left = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        using TcpServer server = Listen(slow);
        (string, object?) own = TagOf(server.LocalEndPoint);
        await BeQuietAsync();
        ByteCount before = Read(meter, LimitedServer.Tcp);
        Task keeping = TcpClient.KeepConnectedAsync(
            server.LocalEndPoint,
            async (client, _) => left.SetResult(await LeaveAsync(what, client)),
            options);
        using TcpConnection accepted = await server.AcceptAsync().Within();
        long total = await left.Task.Within();

        meter.Sum(ActiveClients, own).Should().Be(1, "the rest has not been sent");
        (await accepted.DrainAsync()).Should().BeNull("it was closed with FIN");
        await keeping.Within();

        (meter.Sum(ActiveClients, own), meter.Lowest(ActiveClients, own)).Should().Be((0, 0));
        meter.Of(ConnectDuration, own).Should().ContainSingle().Which[AttributeNames.ErrorType].Should().BeNull();
        Since(before, meter, LimitedServer.Tcp).Should().Be(new ByteCount(total, total));
    }

    /// <summary>The channel aborts the connection by itself, and the handler then throws.</summary>
    [Fact]
    public async Task A_served_connection_that_its_messages_abort_is_measured_once_as_the_statistics_count_it()
    {
        using var meter = new MeterRecorder();
        TcpServerOptions options = ServerOptions;
        options.HandlerFailed = static (_, _) => { };
        await using TcpServer server = Listen(options);
        (string, object?) own = TagOf(server.LocalEndPoint);
        await BeQuietAsync();
        ByteCount before = Read(meter, LimitedServer.Tcp);
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            MessageChannel messages = connection.GetMessages(s_framing);
            await messages.ReceiveAsync(token);
        });
        using TcpClient client = Connect(server);

        client.Send([0xff, 0xff, 0xff, 0xff]);

        Expect.Disconnected(await Expect.Failure(client.ReceiveAsync(new byte[1]).AsTask()));
        await server.StopAsync().Within();
        await serving.Within();
        server.GetStatistics().ClosedTotal[CloseReason.LocalAbort].Should().Be(1);
        meter.Of(Duration, own).Should().ContainSingle().Which[AttributeNames.ErrorType].Should().Be("local_abort");
        (meter.Sum(Active, own), meter.Lowest(Active, own)).Should().Be((0, 0));
        Since(before, meter, LimitedServer.Tcp).Should().Be(new ByteCount(4, 4));
    }

    private static async Task EndAsync(string how, TcpClient client, TcpConnection accepted)
    {
        if (how.StartsWith("pipe", StringComparison.Ordinal))
        {
            IDuplexPipe pipe = client.GetPipe();
            await pipe.Output.WriteAsync("four"u8.ToArray()).AsTask().Within();
            Exception? error = how == "pipe, completed" ? null : new InvalidOperationException("given to Complete");
            await pipe.Output.CompleteAsync(error).AsTask().Within();
            await pipe.Input.CompleteAsync(error);
            return;
        }

        MessageChannel messages = client.GetMessages(s_framing);
        await messages.SendAsync("whole").AsTask().Within();
        switch (how)
        {
            case "messages, disposed":
                messages.Dispose();
                break;
            case "messages, disposed with a queue":
                messages.TrySend(new byte[Rest]).Should().BeTrue();
                messages.Dispose();
                break;
            case "messages, disposed after a queue":
                messages.TrySend("queued"u8).Should().BeTrue();
                await messages.DisposeAsync().AsTask().Within();
                client.BytesSent.Should().Be((2 * FrameHead) + 5 + 6);
                break;
            default:
                accepted.Send([0xff, 0xff, 0xff, 0xff]);
                (await Expect.Failure(messages.ReceiveAsync().AsTask())).Should().BeOfType<FrameException>();
                break;
        }
    }

    /// <summary>Fills the kernel, and leaves more behind it without a wait. Returns how much is to be sent in all.</summary>
    private static async Task<long> LeaveAsync(string what, StreamConnection connection)
    {
        long filled = await Limits.OnThread(() => TcpFill.Up(connection));
        if (what == "messages")
        {
            connection.GetMessages(s_framing).TrySend(new byte[Rest]).Should().BeTrue();
            return filled + FrameHead + Rest;
        }

        IDuplexPipe pipe = connection.GetPipe(flushMode: FlushMode.EndOfTurn);
        pipe.Output.Write(new byte[Rest]);
        await pipe.Output.FlushAsync();
        return filled + Rest;
    }
}

public sealed class OwnedBytesTests_Portable : OwnedBytesTests<PortableUnderTest>;

public sealed class OwnedBytesTests_Epoll : OwnedBytesTests<EpollUnderTest>;
