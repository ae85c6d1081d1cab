using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Memory;

/// <summary>The stream over a connection allocates nothing per call, whether the call waits or not.</summary>
[Collection(Serial.Name)]
public abstract class StreamAllocationTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int LargeWrites = 100;

    /// <summary>Bytes; a large message fits in many times this.</summary>
    private const int SmallBuffer = 128 * 1024;

    private readonly byte[] _message = new byte[64];
    private readonly byte[] _buffer = new byte[64];

    [Fact]
    public void Calls_that_do_not_wait_allocate_nothing()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream client = pair.Client.GetStream();
        using Stream accepted = pair.Accepted.GetStream();

        long allocated = Allocations.Of(() =>
        {
            client.Write(_message);
            accepted.ReadExactly(_buffer);
            client.WriteByte(1);
            accepted.ReadByte();
        });

        allocated.Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_read_that_waits_allocates_nothing(bool cancellable)
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream stream = pair.Client.GetStream();
        using var source = new CancellationTokenSource();
        CancellationToken token = cancellable ? source.Token : default;
        Task echo = EchoAsync(pair.Accepted);
        long pending = 0;

        long allocated = await Allocations.OfAsync(async count =>
        {
            long start = await Allocations.StartAsync();
            for (int i = 0; i < count; i++)
            {
                await stream.WriteAsync(_message, token);
                for (int done = 0; done < _message.Length;)
                {
                    ValueTask<int> read = stream.ReadAsync(_buffer, token);
                    pending += read.IsCompleted ? 0 : 1;
                    done += await read;
                }
            }

            return Allocations.Since(start);
        });

        allocated.Should().Be(0);
        pending.Should().BePositive("or nothing waited");
        pair.Client.Dispose();
        await echo.Within();
    }

    [Fact]
    public async Task A_write_that_waits_allocates_nothing()
    {
        TcpServerOptions serverOptions = ServerOptions;
        TcpClientOptions clientOptions = ClientOptions;
        serverOptions.ReceiveBufferSize = clientOptions.SendBufferSize = SmallBuffer;
        using TcpPairUnderTest pair = ConnectPair(serverOptions, clientOptions);
        using Stream stream = pair.Client.GetStream();
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
                    ValueTask write = stream.WriteAsync(large);
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

    private static async Task EchoAsync(TcpConnection connection)
    {
        byte[] buffer = new byte[64];
        int received;
        while ((received = await connection.ReceiveAsync(buffer)) > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, received));
        }
    }
}

public sealed class StreamAllocationTests_Portable : StreamAllocationTests<PortableUnderTest>;

public sealed class StreamAllocationTests_Epoll : StreamAllocationTests<EpollUnderTest>;
