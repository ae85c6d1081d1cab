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
