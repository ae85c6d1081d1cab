using System.Buffers;
using System.IO.Pipelines;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>Pipes in the handlers of a server.</summary>
public abstract class PipeServerTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(FlushMode.Immediate, false)]
    [InlineData(FlushMode.Immediate, true)]
    [InlineData(FlushMode.EndOfTurn, false)]
    [InlineData(FlushMode.EndOfTurn, true)]
    public async Task What_a_handler_has_flushed_arrives_whole_when_it_returns(FlushMode mode, bool completes)
    {
        byte[] answer = Payload.Of(10_000);
        using TcpServer server = Listen();
        Task serving = server.ServeAsync(async (connection, ending) =>
        {
            IDuplexPipe pipe = connection.GetPipe(flushMode: mode);
            ReadResult request = await pipe.Input.ReadAsync(ending);
            pipe.Input.AdvanceTo(request.Buffer.End);
            pipe.Output.Write(answer);
            await pipe.Output.FlushAsync(ending);
            if (completes)
            {
                await pipe.Output.CompleteAsync();
            }
        });
        for (int i = 0; i < 50; i++)
        {
            using TcpClient client = Connect(server);
            await client.SendAsync("?").AsTask().Within();
            byte[] received = new byte[answer.Length];
            await client.ReceiveExactlyAsync(received).Within();
            received.Should().Equal(answer);
            (await client.ReceiveAsync(received).Within()).Should().Be(0);
        }

        await server.StopAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task What_a_cancelled_flush_has_left_is_sent_before_the_connection_ends()
    {
        byte[] answer = Payload.Of(16 * 1024 * 1024);
        TcpServerOptions options = ServerOptions;
        options.SendBufferSize = 16 * 1024;
        using TcpServer server = Listen(options);
        var left = new TaskCompletionSource();
        Task serving = server.ServeAsync(async (connection, _) =>
        {
            PipeWriter output = connection.GetPipe().Output;
            ValueTask<FlushResult> flush = output.WriteAsync(answer, CancellationToken.None);
            output.CancelPendingFlush();
            (await flush).IsCanceled.Should().BeTrue();
            left.SetResult();
        });
        using TcpClient client = Connect(server);
        await left.Task.Within();

        byte[] received = new byte[answer.Length];
        await client.ReceiveExactlyAsync(received).Within();

        received.Should().Equal(answer);
        (await client.ReceiveAsync(received).Within()).Should().Be(0);
        await server.StopAsync().Within();
        await serving.Within();
        server.GetStatistics().ClosedTotal[CloseReason.LocalDispose].Should().Be(1);
    }

    [Fact]
    public async Task A_peer_that_reads_nothing_of_what_a_handler_has_left_is_cut_in_time()
    {
        TcpServerOptions options = ServerOptions;
        options.SendBufferSize = 16 * 1024;
        options.SendStallTimeout = Timeout.InfiniteTimeSpan;
        using TcpServer server = Listen(options);
        Task serving = server.ServeAsync(static async (connection, _) =>
        {
            PipeWriter output = connection.GetPipe().Output;
            ValueTask<FlushResult> flush = output.WriteAsync(new byte[16 * 1024 * 1024], CancellationToken.None);
            output.CancelPendingFlush();
            await flush;
        });
        using TcpClient client = Connect(server);

        await Eventually.BeTrueAsync(
            () => server.GetStatistics().ClosedTotal[CloseReason.SlowPeer] == 1, "there is no limit for stalled sends, so it is 5 s");

        Expect.Disconnected(await client.DrainAsync());
        await server.StopAsync().Within();
        await serving.Within();
    }
}

public sealed class PipeServerTests_Portable : PipeServerTests<PortableUnderTest>;

public sealed class PipeServerTests_Epoll : PipeServerTests<EpollUnderTest>;

public sealed class PipeServerTests_EpollWrapped : PipeServerTests<WrappedUnderTest<EpollUnderTest>>;
