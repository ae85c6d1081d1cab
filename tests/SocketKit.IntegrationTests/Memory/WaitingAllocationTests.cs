using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Memory;

/// <summary>Nothing is allocated per call when the call has to wait: for data, or for the kernel's buffer to drain.</summary>
[Collection(Serial.Name)]
public abstract class WaitingAllocationTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int LargeSends = 100;

    /// <summary>Bytes; a large message fits in many times this.</summary>
    private const int SmallBuffer = 128 * 1024;

    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    protected virtual Dispatch Dispatch => Dispatch.Inline;

    /// <summary>Bytes that a header and a body allocate at most when the header has to wait.</summary>
    protected virtual long MostOfPair => 0;

    private readonly byte[] _message = new byte[64];
    private readonly byte[] _buffer = new byte[64];
    private readonly byte[] _large = new byte[1024 * 1024];
    private readonly byte[] _largeBuffer = new byte[64 * 1024];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_blocking_receive_that_waits_allocates_nothing(bool armed)
    {
        using TcpPairUnderTest pair = ConnectPair(armed);
        Task echo = EchoAsync(pair.Accepted);

        long allocated = await Limits.OnThread(() => Allocations.Of(() =>
        {
            pair.Client.Send(_message);
            pair.Client.ReceiveExactly(_buffer);
        })).Within();

        allocated.Should().Be(0);
        await EndAsync(pair, echo);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_blocking_send_that_waits_allocates_nothing(bool armed)
    {
        using TcpPairUnderTest pair = ConnectPair(armed);
        Task drain = DrainAsync(pair.Accepted);

        long allocated = await Limits.OnThread(() => Allocations.Of(() => pair.Client.Send(_large), LargeSends)).Within();

        allocated.Should().Be(0);
        await EndAsync(pair, drain);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task An_async_receive_that_waits_allocates_nothing(bool armed, bool cancellable)
    {
        using TcpPairUnderTest pair = ConnectPair(armed);
        using var source = new CancellationTokenSource();
        CancellationToken token = cancellable ? source.Token : default;
        Task echo = EchoAsync(pair.Accepted, token);
        long pending = 0;

        long allocated = await Allocations.OfAsync(async count =>
        {
            long start = await Allocations.StartAsync();
            for (int i = 0; i < count; i++)
            {
                await pair.Client.SendAsync(_message, token);
                ValueTask receive = pair.Client.ReceiveExactlyAsync(_buffer, token);
                pending += receive.IsCompleted ? 0 : 1;
                await receive;
            }

            return Allocations.Since(start);
        });

        allocated.Should().Be(0);
        pending.Should().BePositive("or nothing waited");
        await EndAsync(pair, echo);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task An_async_send_that_waits_allocates_nothing(bool armed, bool cancellable)
    {
        using var source = new CancellationTokenSource();
        CancellationToken token = cancellable ? source.Token : default;
        await SendsThatWaitAllocateNothingAsync(armed, client => client.SendAsync(_large, token));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Receives_with_a_time_out_of_their_own_that_wait_allocate_nothing(bool cancellable)
    {
        using TcpPairUnderTest pair = ConnectPair(armed: false);
        using var source = new CancellationTokenSource();
        CancellationToken token = cancellable ? source.Token : default;
        Task echo = EchoAsync(pair.Accepted, token);
        long pending = 0;

        long allocated = await Allocations.OfAsync(async count =>
        {
            long start = await Allocations.StartAsync();
            for (int i = 0; i < count; i++)
            {
                await pair.Client.SendAsync(_message.AsMemory(0, 4), _message.AsMemory(4), token);
                ValueTask<bool> receive = pair.Client.TryReceiveExactlyAsync(_buffer, s_deadline, token);
                pending += receive.IsCompleted ? 0 : 1;
                await receive;
            }

            return Allocations.Since(start);
        });

        allocated.Should().Be(0);
        pending.Should().BePositive("or nothing waited");
        await EndAsync(pair, echo);
    }

    [Fact]
    public Task An_async_send_of_a_header_and_a_body_that_waits_allocates_nothing() =>
        SendsThatWaitAllocateNothingAsync(armed: false, client => client.SendAsync(_large.AsMemory(0, 8), _large.AsMemory(8)), MostOfPair);

    [Fact]
    public async Task A_wait_for_room_beside_a_send_allocates_nothing()
    {
        using TcpPairUnderTest pair = ConnectPair(armed: false, SmallBuffer);
        using var pending = new SemaphoreSlim(0);
        Task drain = Limits.OnThread(() => DrainEach(pair.Accepted, pending));
        long waited = 0;

        long allocated = await Allocations.OfAsync(
            async count =>
            {
                long start = await Allocations.StartAsync();
                for (int i = 0; i < count; i++)
                {
                    ValueTask send = pair.Client.SendAsync(_large);
                    ValueTask wait = pair.Client.WaitWritableAsync();
                    waited += wait.IsCompleted ? 0 : 1;
                    pending.Release();
                    await send;
                    await wait;
                }

                return Allocations.Since(start);
            },
            LargeSends);

        allocated.Should().Be(0);
        waited.Should().BePositive("or nothing waited");
        pair.Client.Dispose();
        pending.Release();
        await drain.Within();
    }

    /// <summary>The peer takes a message only once its send is pending.</summary>
    private async Task SendsThatWaitAllocateNothingAsync(bool armed, Func<TcpClient, ValueTask> sendAsync, long most = 0)
    {
        using TcpPairUnderTest pair = ConnectPair(armed, SmallBuffer);
        using var pending = new SemaphoreSlim(0);
        Task drain = Limits.OnThread(() => DrainEach(pair.Accepted, pending));
        long early = 0;

        long allocated = await Allocations.OfAsync(
            async count =>
            {
                long start = await Allocations.StartAsync();
                for (int i = 0; i < count; i++)
                {
                    ValueTask send = sendAsync(pair.Client);
                    early += send.IsCompleted ? 1 : 0;
                    pending.Release();
                    await send;
                }

                return Allocations.Since(start);
            },
            LargeSends);

        allocated.Should().BeLessThanOrEqualTo(most);
        early.Should().Be(0, "the peer reads nothing before a send is pending");
        pair.Client.Dispose();
        pending.Release();
        await drain.Within();
    }

    private TcpPairUnderTest ConnectPair(bool armed, int? kernelBuffers = null)
    {
        TcpServerOptions serverOptions = ServerOptions;
        TcpClientOptions clientOptions = ClientOptions;
        serverOptions.Dispatch = clientOptions.Dispatch = Dispatch;
        serverOptions.ReceiveBufferSize = clientOptions.SendBufferSize = kernelBuffers;
        TcpPairUnderTest pair = ConnectPair(serverOptions, clientOptions);
        pair.Client.Timeout = pair.Accepted.Timeout = armed ? s_deadline : Timeout.InfiniteTimeSpan;
        return pair;
    }

    private static async Task EndAsync(TcpPairUnderTest pair, Task peer)
    {
        pair.Client.Dispose();
        await peer.Within();
    }

    private static async Task EchoAsync(TcpConnection connection, CancellationToken cancellationToken = default)
    {
        byte[] buffer = new byte[64];
        int received;
        while ((received = await connection.ReceiveAsync(buffer, cancellationToken)) > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, received), cancellationToken);
        }
    }

    /// <summary>Reads one message whenever one is pending, until the end.</summary>
    private void DrainEach(TcpConnection connection, SemaphoreSlim pending)
    {
        int left = 0;
        do
        {
            if (left == 0)
            {
                pending.Wait();
                left = _large.Length;
            }

            int received = connection.Receive(_largeBuffer.AsSpan(0, Math.Min(left, _largeBuffer.Length)));
            left = received == 0 ? -1 : left - received;
        }
        while (left >= 0);
    }

    private async Task DrainAsync(TcpConnection connection)
    {
        while (await connection.ReceiveAsync(_largeBuffer) > 0)
        {
        }
    }
}

public sealed class WaitingAllocationTests_Portable : WaitingAllocationTests<PortableUnderTest>;

public sealed class WaitingAllocationTests_Epoll : WaitingAllocationTests<EpollUnderTest>;

public sealed class WaitingAllocationTests_EpollWithThreadPool : WaitingAllocationTests<EpollUnderTest>
{
    protected override Dispatch Dispatch => Dispatch.ThreadPool;
}
