using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

[Collection(Serial.Name)]
public abstract class UdpBatchAllocationTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly byte[] _message = new byte[64];

    [LinuxFact]
    public void Blocking_and_trying_calls_allocate_nothing()
    {
        using UdpEndpoint server = Bind(Detailed);
        using UdpEndpoint client = Bind();
        using var batch = new DatagramBatch(8);
        SocketAddress target = server.LocalEndPoint.Serialize();
        server.ReceiveTimeout = Limits.Hang;
        int seen = 0;

        long allocated = Allocations.Of(() =>
        {
            Fill(batch, target);
            client.SendBatch(batch);
            server.ReceiveBatch(batch);
            seen += batch[0].RemoteAddress.Size + (batch[0].LocalAddress is null ? 0 : 1);
            server.TrySendBatch(batch, out _);
            client.TryReceiveBatch(batch);
            client.TryReceiveBatch(batch);
        });

        allocated.Should().Be(0);
        seen.Should().BePositive();
    }

    [LinuxFact]
    public async Task Async_receives_that_wait_allocate_nothing()
    {
        using UdpEndpoint server = Bind(Detailed);
        using UdpEndpoint client = Bind();
        using var outgoing = new DatagramBatch(8);
        using var incoming = new DatagramBatch(8);
        SocketAddress target = server.LocalEndPoint.Serialize();
        long pending = 0;

        long allocated = await Allocations.OfAsync(async count =>
        {
            long start = await Allocations.StartAsync();
            for (int i = 0; i < count; i++)
            {
                ValueTask<int> receive = server.ReceiveBatchAsync(incoming);
                pending += receive.IsCompleted ? 0 : 1;
                Fill(outgoing, target);
                await client.SendBatchAsync(outgoing);
                await receive;
                while (server.TryReceiveBatch(incoming))
                {
                    // The receive may have ended before all had come.
                }
            }

            return Allocations.Since(start);
        });

        allocated.Should().Be(0);
        pending.Should().BePositive("or nothing waited");
    }

    [LinuxFact]
    public async Task Receives_of_trains_allocate_nothing()
    {
        using UdpEndpoint server = Bind(Detailed);
        using UdpEndpoint client = Bind();
        using var batch = new DatagramBatch(4);
        byte[] run = new byte[1_000];
        byte[] buffer = new byte[100];
        SocketAddress target = server.LocalEndPoint.Serialize();
        var from = new SocketAddress(target.Family);
        server.TryReceiveBatch(batch);
        server.ReceiveTimeout = Limits.Hang;

        long blocking = Allocations.Of(() =>
        {
            client.SendSegments(run, 100, target);
            server.ReceiveBatch(batch);
            server.ReceiveFrom(buffer, from);
            while (server.TryReceiveBatch(batch))
            {
                // The rest of the run.
            }
        });
        long pending = 0;
        long async = await Allocations.OfAsync(async count =>
        {
            long start = await Allocations.StartAsync();
            for (int i = 0; i < count; i++)
            {
                ValueTask<int> receive = server.ReceiveBatchAsync(batch);
                pending += receive.IsCompleted ? 0 : 1;
                client.SendSegments(run, 100, target);
                await receive;
                await server.ReceiveFromAsync(buffer, from);
                while (server.TryReceiveBatch(batch))
                {
                    // The rest of the run.
                }
            }

            return Allocations.Since(start);
        });

        blocking.Should().Be(0);
        async.Should().Be(0);
        pending.Should().BePositive("or nothing waited");
    }

    [LinuxFact]
    public async Task Sends_of_runs_allocate_nothing()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        byte[] run = new byte[1_000];
        SocketAddress target = server.LocalEndPoint.Serialize();

        long blocking = Allocations.Of(() =>
        {
            client.SendSegments(run, 100, target);
            client.TrySendSegments(run, 100, target, out _);
        });
        long async = await Allocations.OfAsync(async count =>
        {
            long start = await Allocations.StartAsync();
            for (int i = 0; i < count; i++)
            {
                await client.SendSegmentsAsync(run, 100, target);
            }

            return Allocations.Since(start);
        });

        blocking.Should().Be(0);
        async.Should().Be(0);
    }

    private UdpEndpointOptions Detailed =>
        new() { Engine = Engine, ReceiveEcn = true, ReceiveTimestamp = true, ReceivePacketInfo = true };

    private void Fill(DatagramBatch batch, SocketAddress target)
    {
        batch.Clear();
        for (int i = 0; i < 4; i++)
        {
            batch.TryAdd(_message, target);
        }
    }
}

public sealed class UdpBatchAllocationTests_Portable : UdpBatchAllocationTests<PortableUnderTest>;

public sealed class UdpBatchAllocationTests_Epoll : UdpBatchAllocationTests<EpollUnderTest>;
