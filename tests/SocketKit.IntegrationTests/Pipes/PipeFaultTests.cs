using System.Buffers;
using System.IO.Pipelines;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>Half-closes, more segments than a call takes, and ends that close at any time.</summary>
public abstract class PipeFaultTests<TEngine, TTransport> : PipeTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    [Fact]
    public async Task After_the_peers_half_close_two_mebibytes_still_go_out()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        byte[] sent = Payload.Of(2 * 1024 * 1024);
        peer.ShutdownSend();
        (await pipe.Input.ReadAsync().Within()).IsCompleted.Should().BeTrue();

        Task<FlushResult> flush = pipe.Output.WriteAsync(sent).AsTask();

        (await ReceiveAsync(peer, sent.Length)).AsSpan().SequenceEqual(sent).Should().BeTrue();
        (await flush.Within()).IsCompleted.Should().BeFalse("the peer has finished sending, and reads on");
        await pipe.Output.CompleteAsync();
        (await peer.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(4 * 1024)]
    public async Task A_flush_of_more_segments_than_one_call_takes_sends_all_in_order(int? bufferSize)
    {
        // IOV_MAX is 1 024 (linux/uio.h, UIO_MAXIOV).
        const int Blocks = 2_400;
        const int Block = 16;
        using var pool = new CountingPool(Block);
        (StreamConnection peer, StreamConnection connection) = Connect(bufferSize);
        IDuplexPipe pipe = connection.GetPipe(pool);
        byte[] sent = Payload.Of(Blocks * Block);
        foreach (byte[] part in sent.Chunk(Block))
        {
            part.CopyTo(pipe.Output.GetSpan(Block));
            pipe.Output.Advance(Block);
        }

        Task<FlushResult> flush = pipe.Output.FlushAsync().AsTask();

        (await ReceiveAsync(peer, sent.Length)).AsSpan().SequenceEqual(sent).Should().BeTrue();
        (await flush.Within()).IsCompleted.Should().BeFalse();
        pool.Rents.Should().BeGreaterThanOrEqualTo(Blocks);
        pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task Both_pipes_may_complete_at_the_same_moment_and_more_than_once()
    {
        for (int round = 0; round < 100; round++)
        {
            (StreamConnection client, StreamConnection accepted) = Connect();
            IDuplexPipe there = client.GetPipe();
            IDuplexPipe here = accepted.GetPipe(Pool);
            here.Output.Write("bye"u8);
            using var start = new Barrier(4);
            Task[] ends =
            [
                AtOnceAsync(start, () => there.Output.CompleteAsync()),
                AtOnceAsync(start, () => there.Input.CompleteAsync()),
                AtOnceAsync(start, () => here.Output.CompleteAsync()),
                AtOnceAsync(start, () => here.Input.CompleteAsync()),
            ];

            await Task.WhenAll(ends).Within();
            await here.Output.CompleteAsync();
            await here.Input.CompleteAsync();

            client.CloseReason.Should().NotBe(CloseReason.None);
            accepted.CloseReason.Should().NotBe(CloseReason.None);
            Pool.Outstanding.Should().Be(0);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Closing_the_connection_at_any_time_ends_every_read_and_flush(bool aborts)
    {
        for (int round = 0; round < 50; round++)
        {
            (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
            Task draining = DrainAsync(peer);
            Task reading = Task.Run(async () =>
            {
                while (true)
                {
                    ReadResult result = await pipe.Input.ReadAsync();
                    pipe.Input.AdvanceTo(result.Buffer.End);
                    if (result.IsCompleted)
                    {
                        return;
                    }
                }
            });
            Task writing = Task.Run(async () =>
            {
                while (!(await pipe.Output.WriteAsync(new byte[5_000])).IsCompleted)
                {
                    // Until the connection is closed.
                }
            });
            Thread.SpinWait(round * 1_000);

            if (aborts)
            {
                connection.Abort();
            }
            else
            {
                connection.Dispose();
            }

            foreach (Task loop in (Task[])[reading, writing])
            {
                // A failure is told once; whoever called behind it gets a result that says completed.
                if (await Expect.Failure(loop) is { } failure)
                {
                    Expect.Disposed(failure);
                }
            }

            pipe.Input.Complete();
            await Record.ExceptionAsync(() => pipe.Output.CompleteAsync().AsTask().Within());
            await draining.Within();
            Pool.Outstanding.Should().Be(0);
        }
    }

    private static Task AtOnceAsync(Barrier start, Func<ValueTask> complete) => Limits.OnThread(() =>
    {
        start.SignalAndWait(Limits.Hang).Should().BeTrue();
        complete().AsTask().Wait(Limits.Hang).Should().BeTrue();
    });

    private static async Task DrainAsync(StreamConnection peer)
    {
        byte[] buffer = new byte[SmallBuffer];
        try
        {
            while (await peer.ReceiveAsync(buffer) > 0)
            {
                // What was sent until the close.
            }
        }
        catch (SocketOperationException)
        {
            // A reset, as asked.
        }
    }
}

public sealed class PipeFaultTests_PortableTcp : PipeFaultTests<PortableUnderTest, OverTcp>;

public sealed class PipeFaultTests_PortableUnix : PipeFaultTests<PortableUnderTest, OverUnix>;

public sealed class PipeFaultTests_EpollTcp : PipeFaultTests<EpollUnderTest, OverTcp>;

public sealed class PipeFaultTests_EpollUnix : PipeFaultTests<EpollUnderTest, OverUnix>;

public sealed class PipeFaultTests_EpollWrapped : PipeFaultTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
