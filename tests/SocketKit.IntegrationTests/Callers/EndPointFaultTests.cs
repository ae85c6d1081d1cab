using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Callers;

/// <summary>End points of the caller's own class are asked for their address and port, and for nothing else.</summary>
[Collection(Serial.Name)]
public abstract class EndPointFaultTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static ThrowingIPEndPoint AnyPort => new(new IPEndPoint(IPAddress.Loopback, 0));

    [Fact]
    public Task Servers_and_endpoints_bind_to_it() => NothingLeft.AfterAsync(async () =>
    {
        using TcpServer server = TcpServer.Listen(AnyPort, ServerOptions);
        using TcpClient client = Connect(server);
        using TcpConnection accepted = await server.AcceptAsync().Within();
        accepted.RemoteEndPoint.Should().Be(client.LocalEndPoint);

        using var udp = UdpEndpoint.Bind(AnyPort, new UdpEndpointOptions { Engine = Engine });
        udp.LocalEndPoint.Port.Should().BePositive();
    });

    [Fact]
    public Task Clients_connect_to_it_and_from_it_in_every_shape() => NothingLeft.AfterAsync(async () =>
    {
        using TcpServer server = Listen();
        var remote = new ThrowingIPEndPoint(server.LocalEndPoint);
        TcpClientOptions options = ClientOptions;
        options.LocalEndPoint = AnyPort;

        using var blocking = SocketKit.TcpClient.Connect(remote, options);
        using TcpClient asynchronous = await SocketKit.TcpClient.ConnectAsync(remote, options).Within();
        SocketKit.TcpClient.TryConnect(remote, options).Client!.Dispose();
        (await SocketKit.TcpClient.TryConnectAsync(remote, options).Within()).Client!.Dispose();
        using var named = SocketKit.TcpClient.Connect("127.0.0.1", server.Port, options);
        await SocketKit.TcpClient.KeepConnectedAsync(remote, static (_, _) => Task.CompletedTask, Stopping(options)).Within();
        named.ConnectAttempts.Should().ContainSingle().Which.EndPoint.Should().Be(server.LocalEndPoint);
    });

    [Fact]
    public Task A_refused_connect_to_it_tells_the_systems_error() => NothingLeft.AfterAsync(async () =>
    {
        var remote = new ThrowingIPEndPoint(new IPEndPoint(IPAddress.Loopback, FreePort()));
        TcpClientOptions options = ClientOptions;

        foreach (Func<Task> connect in new Func<Task>[]
        {
            () => Task.FromResult(SocketKit.TcpClient.Connect(remote, options)),
            () => SocketKit.TcpClient.ConnectAsync(remote, options),
            async () => throw (await SocketKit.TcpClient.TryConnectAsync(remote, options)).Error!,
            () => throw SocketKit.TcpClient.TryConnect(remote, options).Error!,
        })
        {
            (await NothingLeft.FailureOf(connect))
                .Should().BeOfType<SocketConnectException>().Which.Message.Should().Contain($"127.0.0.1:{remote.Port}");
        }
    });

    [Fact]
    public void The_families_of_local_and_remote_are_compared_without_it()
    {
        TcpClientOptions options = ClientOptions;
        options.LocalEndPoint = new ThrowingIPEndPoint(new IPEndPoint(IPAddress.IPv6Loopback, 0));

        Record.Exception(() => SocketKit.TcpClient.Connect(new ThrowingIPEndPoint(new IPEndPoint(IPAddress.Loopback, 1)), options))
            .Should().BeOfType<ArgumentException>().Which.Message.Should().Contain("different families");
    }

    private static TcpClientOptions Stopping(TcpClientOptions options)
    {
        options.StopWhenHandled = true;
        return options;
    }

    private static int FreePort()
    {
        using TcpServer server = TcpServer.Listen("127.0.0.1", 0);
        return server.Port;
    }
}

public sealed class EndPointFaultTests_Portable : EndPointFaultTests<PortableUnderTest>;

public sealed class EndPointFaultTests_Epoll : EndPointFaultTests<EpollUnderTest>;
