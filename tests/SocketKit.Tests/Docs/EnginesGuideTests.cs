using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>What samples/guide/engines.md says is so.</summary>
public sealed class EnginesGuideTests
{
    [Fact]
    public async Task A_socket_tells_which_engine_it_uses()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0);

        EnginesSnippets.Ask(server).Should().Be(SocketEngine.Default.Description);
        EnginesSnippets.One().Should().BeSameAs(SocketEngine.Portable);
    }

    [Fact]
    public void An_engine_of_ones_own_has_the_loops_and_the_busy_poll_that_it_was_given()
    {
        string expected = OperatingSystem.IsLinux()
            ? "epoll engine, made by CreateEpoll, 2 loops, busy poll off"
            : SocketEngine.Default.Description;

        EnginesSnippets.Own(port: 0).Description.Should().Be(expected);
    }

    [Fact]
    public async Task Sockets_use_the_default_engine_and_wrapped_connections_the_portable_one()
    {
        bool isEpoll = SocketEngine.Default.Description.StartsWith("epoll", StringComparison.Ordinal);
        SocketEngine others = isEpoll ? SocketEngine.Portable : SocketEngine.Default;
        await using TcpServer server = TcpServer.Listen("localhost", 0);
        await using TcpClient client = await TcpClient.ConnectAsync("localhost", server.Port);
        await using TcpConnection accepted = await server.AcceptAsync(Limits.Hang);
        using UdpEndpoint datagrams = UdpEndpoint.Bind("localhost", 0);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.LocalEndPoint);
        using TcpConnection wrapped = TcpConnection.FromSocket(socket);

        new[] { server.Engine, client.Engine, accepted.Engine, datagrams.Engine }.Should().AllBeEquivalentTo(SocketEngine.Default);
        wrapped.Engine.Should().BeSameAs(others);
    }
}
