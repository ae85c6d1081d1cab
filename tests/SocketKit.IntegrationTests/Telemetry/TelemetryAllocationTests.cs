using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Telemetry;

/// <summary>With listeners on everything, operations allocate nothing, as they do without.</summary>
[Collection(Serial.Name)]
public abstract class TelemetryAllocationTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly byte[] _message = new byte[64];
    private readonly byte[] _buffer = new byte[64];

    [Fact]
    public async Task A_served_echo_allocates_nothing()
    {
        using var meter = new MeterRecorder();
        using var trace = new TraceRecorder();
        await using TcpServer server = Listen();
        Task serving = server.ServeAsync(static async (connection, token) =>
        {
            byte[] buffer = new byte[64];
            while (await connection.TryReceiveExactlyAsync(buffer, token))
            {
                await connection.SendAsync(buffer, token);
            }
        });
        using TcpClient client = Connect(server);

        long allocated = await Allocations.OfAsync(async count =>
        {
            long start = await Allocations.StartAsync();
            for (int i = 0; i < count; i++)
            {
                await client.SendAsync(_message);
                await client.ReceiveExactlyAsync(_buffer);
            }

            return Allocations.Since(start);
        });

        allocated.Should().Be(0);
        client.Dispose();
        await server.StopAsync().Within();
        await serving.Within();
    }

    [Fact]
    public void Datagrams_allocate_nothing()
    {
        using var meter = new MeterRecorder();
        using var receiver = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, 0), new UdpEndpointOptions { Engine = Engine });
        using var sender = UdpEndpoint.Connect("127.0.0.1", receiver.Port, new UdpEndpointOptions { Engine = Engine });
        var from = new SocketAddress(System.Net.Sockets.AddressFamily.InterNetwork);

        long allocated = Allocations.Of(() =>
        {
            sender.Send(_message);
            receiver.ReceiveFrom(_buffer, from);
        });

        allocated.Should().Be(0);
    }
}

public sealed class TelemetryAllocationTests_Portable : TelemetryAllocationTests<PortableUnderTest>;

public sealed class TelemetryAllocationTests_Epoll : TelemetryAllocationTests<EpollUnderTest>;
