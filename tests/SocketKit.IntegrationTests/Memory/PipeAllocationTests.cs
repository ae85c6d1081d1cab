using System.Buffers;
using System.IO.Pipelines;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Memory;

/// <summary>The pipe of a connection allocates nothing per message, whether its calls wait or not.</summary>
[Collection(Serial.Name)]
public abstract class PipeAllocationTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int LargeWrites = 100;

    /// <summary>Bytes; a large message fits in many times this.</summary>
    private const int SmallBuffer = 128 * 1024;

    [Theory]
    [InlineData(64, false)]
    [InlineData(64, true)]
    [InlineData(5_000, false)]
    public async Task A_message_that_is_echoed_through_two_pipes_allocates_nothing(int bytes, bool cancellable)
    {
        using TcpPairUnderTest pair = ConnectPair();
        using var source = new CancellationTokenSource();
        CancellationToken token = cancellable ? source.Token : default;
        IDuplexPipe pipe = pair.Client.GetPipe();
        Task echo = EchoAsync(pair.Accepted.GetPipe());
        byte[] message = new byte[bytes];
        long pending = 0;

        long allocated = await Allocations.OfAsync(async count =>
        {
            long start = await Allocations.StartAsync();
            for (int i = 0; i < count; i++)
            {
                message.CopyTo(pipe.Output.GetSpan(bytes));
                pipe.Output.Advance(bytes);
                await pipe.Output.FlushAsync(token);
                for (long done = 0; done < bytes;)
                {
                    ValueTask<ReadResult> read = pipe.Input.ReadAsync(token);
                    pending += read.IsCompleted ? 0 : 1;
                    ReadResult result = await read;
                    done += result.Buffer.Length;
                    pipe.Input.AdvanceTo(result.Buffer.End);
                }
            }

            return Allocations.Since(start);
        });

        allocated.Should().Be(0);
        pending.Should().BePositive("or nothing waited");
        pair.Client.Dispose();
        await echo.Within();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_write_that_waits_allocates_nothing(bool ofCallersMemory)
    {
        TcpServerOptions serverOptions = ServerOptions;
        TcpClientOptions clientOptions = ClientOptions;
        serverOptions.ReceiveBufferSize = clientOptions.SendBufferSize = SmallBuffer;
        using TcpPairUnderTest pair = ConnectPair(serverOptions, clientOptions);
        PipeWriter writer = pair.Client.GetPipe().Output;
        using var pending = new SemaphoreSlim(0);
        byte[] large = new byte[1024 * 1024];
        Task drain = Limits.OnThread(() => LargeMessages.DrainEach(pair.Accepted, pending, large.Length));
        long early = 0;

        long allocated = await Allocations.OfAsync(
            async count =>
            {
                long start = await Allocations.StartAsync();
                for (int i = 0; i < count; i++)
                {
                    ValueTask<FlushResult> write = ofCallersMemory ? writer.WriteAsync(large) : Flush(writer, large);
                    early += write.IsCompleted ? 1 : 0;
                    pending.Release();
                    await write;
                }

                return Allocations.Since(start);
            },
            LargeWrites);

        allocated.Should().Be(0);
        early.Should().Be(0, "the peer reads nothing before a write is pending");
        pair.Client.Dispose();
        pending.Release();
        await drain.Within();
    }

    private static ValueTask<FlushResult> Flush(PipeWriter writer, byte[] large)
    {
        large.CopyTo(writer.GetSpan(large.Length));
        writer.Advance(large.Length);
        return writer.FlushAsync();
    }

    private static async Task EchoAsync(IDuplexPipe pipe)
    {
        while (true)
        {
            ReadResult result = await pipe.Input.ReadAsync();
            foreach (ReadOnlyMemory<byte> part in result.Buffer)
            {
                pipe.Output.Write(part.Span);
            }

            pipe.Input.AdvanceTo(result.Buffer.End);
            await pipe.Output.FlushAsync();
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}

public sealed class PipeAllocationTests_Portable : PipeAllocationTests<PortableUnderTest>;

public sealed class PipeAllocationTests_Epoll : PipeAllocationTests<EpollUnderTest>;
