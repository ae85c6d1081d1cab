using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

[Collection(Serial.Name)]
public abstract class UdpAllocationTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Rounds = 2000;

    [Fact]
    public void Blocking_and_trying_calls_allocate_nothing()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        byte[] buffer = new byte[64];
        SocketAddress target = server.LocalEndPoint.Serialize();
        var from = new SocketAddress(AddressFamily.InterNetwork);
        server.ReceiveTimeout = Limits.Hang;

        void Round()
        {
            client.SendTo(buffer, target);
            server.ReceiveFrom(buffer, from);
            client.TrySendTo(buffer, server.LocalEndPoint, out _);
            server.TryReceiveFrom(buffer, from, out _);
            server.TryReceiveFrom(buffer, from, out _);
            server.TryReceiveFrom(buffer, out _);
        }

        Action round = Round;
        Repeat(round);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Repeat(round);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Async_receives_that_wait_allocate_nothing(bool withDeadline)
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        server.ReceiveTimeout = withDeadline ? Limits.Hang : Timeout.InfiniteTimeSpan;
        byte[] buffer = new byte[64];
        SocketAddress target = server.LocalEndPoint.Serialize();
        var from = new SocketAddress(AddressFamily.InterNetwork);

        async Task RunAsync()
        {
            for (int i = 0; i < Rounds; i++)
            {
                ValueTask<ReceivedDatagram> pending = server.ReceiveFromAsync(buffer, from);
                await client.SendToAsync(buffer, target);
                await pending;
            }
        }

        await RunAsync().Within();
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await RunAsync().Within();
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;

        // The run itself, and the pool's own bookkeeping, allocate a little; a single object per call would be far above this.
        allocated.Should().BeLessThan(Rounds * 8);
    }

    [Fact]
    public async Task Timed_out_async_receives_leave_nothing_behind()
    {
        using UdpEndpoint server = Bind();
        server.ReceiveTimeout = TimeSpan.FromMilliseconds(1);
        byte[] buffer = new byte[64];

        async Task RunAsync(int times)
        {
            for (int i = 0; i < times; i++)
            {
                await new Func<Task>(async () => await server.ReceiveFromAsync(buffer)).Should().ThrowAsync<SocketTimeoutException>();
            }
        }

        await RunAsync(50).Within();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await RunAsync(500).Within();
        (GC.GetTotalMemory(forceFullCollection: true) - before).Should().BeLessThan(60_000);
    }

    private static void Repeat(Action round)
    {
        for (int i = 0; i < Rounds; i++)
        {
            round();
        }
    }
}

public sealed class UdpAllocationTests_Portable : UdpAllocationTests<PortableUnderTest>;
