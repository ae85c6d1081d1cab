using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Sockets;

/// <summary>Hosts as users write them, wherever one is given.</summary>
public abstract class HostTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData("[::1]:8080", "*\"[::1]:8080\" contains a port*")]
    [InlineData("[fe80::1%1]:8080", "*contains a port*")]
    [InlineData("127.0.0.1:8080", "*contains a port*")]
    [InlineData("localhost:8080", "*contains a port*")]
    [InlineData("*:8080", "*contains a port*")]
    [InlineData("[localhost]:8080", "*contains a port*")]
    [InlineData("http://localhost", "*\"http://localhost\" is a URL*")]
    [InlineData("tcp://[::1]:8080/", "*is a URL*")]
    [InlineData("10.0.0.0/8", "*contains a slash*")]
    [InlineData("localhost/path", "*contains a slash*")]
    [InlineData("[localhost]", "*brackets*")]
    [InlineData("[127.0.0.1]", "*brackets*")]
    [InlineData("[::1", "*brackets*")]
    [InlineData("::1]", "*brackets*")]
    [InlineData("a:b:c", "*no IPv6 address*")]
    [InlineData("localhost\0.example", "*NUL*")]
    public async Task What_holds_more_than_a_host_is_refused_everywhere(string host, string message)
    {
        foreach (Func<Task> call in Calls(host))
        {
            Exception? refusal = await Record.ExceptionAsync(call);

            refusal.Should().BeOfType<ArgumentException>().Which.ParamName.Should().Be("host");
            refusal!.Message.Should().Match(message);
        }
    }

    [Theory]
    [InlineData(" localhost")]
    [InlineData("local host")]
    [InlineData("localhost\n")]
    public async Task A_blank_in_a_name_can_be_seen_in_the_message(string host)
    {
        string shown = $"\"{host.Replace("\n", "\\u000a", StringComparison.Ordinal)}\":";
        foreach (Func<Task> call in Calls(host))
        {
            (await Expect.Failure(call())).Should().BeAssignableTo<SocketException>()
                .Which.Message.Should().Contain(shown).And.Contain("The host contains a blank.");
        }
    }

    [Fact]
    public async Task A_name_that_is_too_long_is_not_known()
    {
        string host = new('a', 300);
        foreach (Func<Task> call in Calls(host))
        {
            (await Expect.Failure(call())).Should().BeAssignableTo<SocketException>()
                .Which.SocketErrorCode.Should().Be(SocketError.HostNotFound);
        }
    }

    [IPv6Theory]
    [InlineData("::1")]
    [InlineData("[::1]")]
    public void An_IPv6_address_may_stand_in_brackets_and_is_shown_in_one_pair(string host)
    {
        using TcpServer server = TcpServer.Listen(host, 0, ServerOptions);
        using TcpClient client = TcpClient.Connect(host, server.Port, ClientOptions);
        using UdpEndpoint udp = UdpEndpoint.Bind(host, 0, UdpOptions);
        using UdpEndpoint connected = UdpEndpoint.Connect(host, udp.Port, UdpOptions);
        client.RemoteEndPoint.Should().Be(server.LocalEndPoint);
        connected.RemoteEndPoint.Should().Be(udp.LocalEndPoint);
        int port = server.Port;
        server.Dispose();

        Exception? refused = Record.Exception(() => TcpClient.Connect(host, port, ClientOptions));

        refused.Should().BeOfType<SocketConnectException>()
            .Which.Message.Should().Be($"connect to [::1]:{port} failed: nobody listens there (ConnectionRefused).");
    }

    [Fact]
    public void The_address_of_a_name_is_told_beside_the_name()
    {
        int port = DeadEndPoint().Port;
        TcpClientOptions options = ClientOptions;
        options.AddressFamily = AddressFamily.InterNetwork;

        Exception? refused = Record.Exception(() => TcpClient.Connect("localhost", port, options));

        refused.Should().BeOfType<SocketConnectException>().Which.Message.Should().Be(
            $"connect to localhost:{port} failed: nobody listens there (ConnectionRefused). Tried 127.0.0.1:{port}.");
    }

    /// <summary>Every member that takes a host.</summary>
    private IEnumerable<Func<Task>> Calls(string host) =>
    [
        () => Limits.OnThread(() => TcpClient.Connect(host, 9, ClientOptions).Dispose()),
        () => TcpClient.ConnectAsync(host, 9, ClientOptions),
        () => Limits.OnThread(() => TcpServer.Listen(host, 0, ServerOptions).Dispose()),
        () => Limits.OnThread(() => UdpEndpoint.Bind(host, 0, UdpOptions).Dispose()),
        () => Limits.OnThread(() => UdpEndpoint.Connect(host, 9, UdpOptions).Dispose()),
        () => UdpEndpoint.ConnectAsync(host, 9, UdpOptions),
    ];
}

public sealed class HostTests_Portable : HostTests<PortableUnderTest>;

public sealed class HostTests_Epoll : HostTests<EpollUnderTest>;
