using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>Somebody else closes or shuts down the Socket of an endpoint: its calls end, and none waits for ever.</summary>
public abstract class UdpForeignCloseTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly byte[] _buffer = new byte[8];

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Async_calls_end_as_disposed_when_the_owner_disposes_the_socket(bool ownsSocket)
    {
        for (int i = 0; i < 100; i++)
        {
            (Socket socket, UdpEndpoint endpoint) = Adopt(ownsSocket);
            using (endpoint)
            {
                Task receive = endpoint.ReceiveFromAsync(_buffer).AsTask();
                Task wait = endpoint.WaitReadableAsync().AsTask();

                await Limits.OnThread(socket.Dispose).Within();

                await Expect.Disposed(receive);
                await Expect.Failure(wait);
                await Expect.Disposed(endpoint.ReceiveFromAsync(_buffer).AsTask());
                Expect.Disposed(Record.Exception(() => endpoint.SendTo("x"u8, IPEndPoint.Parse("127.0.0.1:9"))));
            }
        }
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_socket_can_be_disposed_when_an_endpoint_has_waited_before(bool ownsSocket)
    {
        (Socket socket, UdpEndpoint endpoint) = Adopt(ownsSocket);
        using UdpEndpoint sender = Bind();
        Task<ReceivedDatagram> receive = endpoint.ReceiveFromAsync(_buffer).AsTask();
        sender.SendTo("x"u8, endpoint.LocalEndPoint);
        (await receive.Within()).Length.Should().Be(1);

        await Limits.OnThread(socket.Dispose).Within();

        await Expect.Disposed(endpoint.ReceiveFromAsync(_buffer).AsTask());
        endpoint.Dispose();
    }

    [LinuxTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_blocking_receive_ends_as_disposed_when_the_owner_disposes_the_socket(bool withDeadline)
    {
        for (int i = 0; i < 20; i++)
        {
            (Socket socket, UdpEndpoint endpoint) = Adopt(ownsSocket: true);
            endpoint.ReceiveTimeout = withDeadline ? Limits.Hang : Timeout.InfiniteTimeSpan;
            using var started = new ManualResetEventSlim();
            Task receive = Limits.OnThread(() =>
            {
                started.Set();

                // The shutdown that wakes it may look like an empty datagram.
                while (endpoint.ReceiveFrom(_buffer).Length == 0)
                {
                }
            });
            started.Wait(Limits.Hang).Should().BeTrue();

            await Limits.OnThread(socket.Dispose).Within();

            await Expect.Disposed(receive);
            endpoint.Dispose();
        }
    }

    [LinuxFact]
    public async Task A_borrowed_socket_that_has_waited_works_for_its_owner_again()
    {
        (Socket socket, UdpEndpoint endpoint) = Adopt(ownsSocket: false);
        using UdpEndpoint sender = Bind();
        using (socket)
        {
            Task<ReceivedDatagram> receive = endpoint.ReceiveFromAsync(_buffer).AsTask();
            endpoint.Dispose();
            await Expect.Disposed(receive);

            Task<int> own = socket.ReceiveAsync(_buffer.AsMemory()).AsTask();
            sender.SendTo("xyz"u8, (IPEndPoint)socket.LocalEndPoint!);
            (await own.Within()).Should().Be(3);
        }
    }

    private (Socket Socket, UdpEndpoint Endpoint) Adopt(bool ownsSocket)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (socket, UdpEndpoint.FromSocket(socket, new UdpEndpointOptions { Engine = Engine }, ownsSocket));
    }
}

public sealed class UdpForeignCloseTests_Portable : UdpForeignCloseTests<PortableUnderTest>;

public sealed class UdpForeignCloseTests_Epoll : UdpForeignCloseTests<EpollUnderTest>;
