using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

[Collection(Serial.Name)]
public abstract class UdpAllocationTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(1);

    [Fact]
    public void Blocking_and_trying_calls_allocate_nothing()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        byte[] buffer = new byte[64];
        SocketAddress target = server.LocalEndPoint.Serialize();
        var from = new SocketAddress(AddressFamily.InterNetwork);
        server.ReceiveTimeout = Limits.Hang;

        long allocated = Allocations.Of(() =>
        {
            client.SendTo(buffer, target);
            server.ReceiveFrom(buffer, from);
            client.TrySendTo(buffer, server.LocalEndPoint, out _);
            server.TryReceiveFrom(buffer, from, out _);
            server.TryReceiveFrom(buffer, from, out _);
            server.TryReceiveFrom(buffer, out _);
        });

        allocated.Should().Be(0);
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_blocking_receive_that_waits_allocates_nothing(bool armed)
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        server.ReceiveTimeout = armed ? s_deadline : Timeout.InfiniteTimeSpan;
        byte[] buffer = new byte[64];
        byte[] message = new byte[64];
        SocketAddress target = server.LocalEndPoint.Serialize();
        var from = new SocketAddress(AddressFamily.InterNetwork);

        long allocated = await Allocations.OfWaitingAsync(() => server.ReceiveFrom(buffer, from), () => client.SendTo(message, target));

        allocated.Should().Be(0);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Async_receives_that_wait_allocate_nothing(bool armed, bool cancellable)
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        server.ReceiveTimeout = armed ? s_deadline : Timeout.InfiniteTimeSpan;
        using var source = new CancellationTokenSource();
        CancellationToken token = cancellable ? source.Token : default;
        byte[] buffer = new byte[64];
        SocketAddress target = server.LocalEndPoint.Serialize();
        var from = new SocketAddress(AddressFamily.InterNetwork);
        long pending = 0;

        long allocated = await Allocations.OfAsync(async count =>
        {
            long start = await Allocations.StartAsync();
            for (int i = 0; i < count; i++)
            {
                ValueTask<ReceivedDatagram> receive = server.ReceiveFromAsync(buffer, from, token);
                pending += receive.IsCompleted ? 0 : 1;
                await client.SendToAsync(buffer, target, token);
                await receive;
            }

            return Allocations.Since(start);
        });

        allocated.Should().Be(0);
        pending.Should().BePositive("or nothing waited");
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
        await HeapGrowth.ShouldStayBelowAsync(60_000, () => RunAsync(500).Within());
    }
}

public sealed class UdpAllocationTests_Portable : UdpAllocationTests<PortableUnderTest>;

public sealed class UdpAllocationTests_Epoll : UdpAllocationTests<EpollUnderTest>;
