using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Memory;

/// <summary>A receive allocates nothing when it has to wait. For streams of TLS, whose waiting sends do allocate.</summary>
[Collection(Serial.Name)]
public abstract class WaitingReceiveAllocationTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>
    /// Bytes. SslStream takes its tasks from a pool for each thread, which is empty now and then when calls end on other threads. Fewer
    /// bytes per call than an object has are not an object per call.
    /// </summary>
    private const int SmallestObject = 24;

    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    private readonly byte[] _message = new byte[64];
    private readonly byte[] _buffer = new byte[64];

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
        Task echo = EchoAsync(pair.Accepted);
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

        allocated.Should().BeLessThan(SmallestObject);
        pending.Should().BePositive("or nothing waited");
        pair.Client.Dispose();
        await echo.Within();
    }

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
        pair.Client.Dispose();
        await echo.Within();
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

    private TcpPairUnderTest ConnectPair(bool armed)
    {
        TcpPairUnderTest pair = ConnectPair();
        pair.Client.Timeout = pair.Accepted.Timeout = armed ? s_deadline : Timeout.InfiniteTimeSpan;
        return pair;
    }
}
