using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Linux.Interop;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>
/// One listener in several hands, as processes share it: whoever comes too late for a connection goes on waiting, and can be stopped.
/// </summary>
public abstract class SharedListenerTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Rounds = 200;

    [LinuxFact]
    public void A_listener_does_not_block_so_no_accept_can_wait_for_a_connection_that_another_has_taken()
    {
        using TcpServer server = Listen();

        if (OperatingSystem.IsLinux())
        {
            DescriptorFlags.IsNonBlocking(server.Socket).Should().BeTrue();
        }
    }

    [LinuxFact]
    public async Task An_accept_that_another_was_quicker_than_does_not_keep_a_dispose_waiting()
    {
        for (int round = 0; round < Rounds; round++)
        {
            using TcpServer first = Listen();
            using var copy = new Socket(first.DuplicateHandle());
            using TcpServer second = TcpServer.FromSocket(copy, ownsSocket: false);
            Task<TcpConnection> one = first.AcceptBy(CallShape.Blocking);
            Task<TcpConnection> two = second.AcceptBy(CallShape.Blocking);

            using TcpClient client = Connect(first);
            using TcpConnection accepted = await (await Task.WhenAny(one, two).Within());
            await Limits.OnThread(() =>
            {
                second.Dispose();
                first.Dispose();
            }).Within();

            await Expect.Disposed(one.IsCompletedSuccessfully ? two : one);
        }
    }

    [LinuxTheory]
    [InlineData("nothing")]
    [InlineData("blocking accept")]
    [InlineData("waiting accept")]
    [InlineData("pending accept")]
    [InlineData("serve")]
    public async Task A_duplicate_listens_on_after_the_server_has_stopped(string before)
    {
        TcpServer stopped = Listen();
        using var copy = new Socket(stopped.DuplicateHandle());
        Task ended = before switch
        {
            "blocking accept" => AcceptOnceAsync(stopped),
            "waiting accept" => Expect.Disposed(stopped.AcceptBy(CallShape.Blocking)),
            "pending accept" => Expect.Disposed(stopped.AcceptAsync().AsTask()),
            "serve" => stopped.ServeAsync(static (_, _) => Task.CompletedTask),
            _ => Task.CompletedTask,
        };
        if (before == "blocking accept")
        {
            await ended;
        }

        await stopped.StopAsync().Within();
        await ended.Within();

        using TcpServer next = TcpServer.FromSocket(copy, ServerOptions, ownsSocket: false);
        using TcpClient client = TcpClient.Connect(next.LocalEndPoint, ClientOptions);
        using TcpConnection accepted = await next.AcceptBy(CallShape.Blocking).Within();
        accepted.Send("served"u8);
        (await client.ReceiveAsync(new byte[10]).Within()).Should().Be(6);
    }

    /// <summary>The numbers of closed descriptors come back, and .NET keeps books about numbers.</summary>
    [LinuxFact]
    public async Task A_listener_is_handed_over_again_and_again()
    {
        TcpServer server = Listen();
        for (int i = 0; i < 5; i++)
        {
            Task pending = Expect.Disposed(server.AcceptAsync().AsTask());
            var copy = new Socket(server.DuplicateHandle());
            await server.StopAsync().Within();
            await pending.Within();

            server = TcpServer.FromSocket(copy, ServerOptions);
            Task<TcpConnection> next = server.AcceptAsync().AsTask();
            using TcpClient client = TcpClient.Connect(server.LocalEndPoint, ClientOptions);
            using TcpConnection accepted = await next.Within();
            accepted.Send("served"u8);
            (await client.ReceiveAsync(new byte[10]).Within()).Should().Be(6);
        }

        server.Dispose();
    }

    private async Task AcceptOnceAsync(TcpServer server)
    {
        using TcpClient client = Connect(server);
        using TcpConnection accepted = await server.AcceptBy(CallShape.Blocking).Within();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_borrowed_listener_comes_back_in_the_mode_it_had_and_what_it_accepted_waits(bool withAsync)
    {
        using var owned = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        owned.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        owned.Listen();
        TcpServer borrowed = TcpServer.FromSocket(owned, ownsSocket: false);
        using TcpClient client = Connect(borrowed);
        using TcpConnection accepted = await borrowed.AcceptBy(withAsync ? CallShape.Async : CallShape.Blocking).Within();

        accepted.Socket.Blocking.Should().BeTrue();
        borrowed.Dispose();

        owned.Blocking.Should().BeTrue();
        Task<Socket> next = Limits.OnThread(owned.Accept);
        using TcpClient late = TcpClient.Connect((IPEndPoint)owned.LocalEndPoint!, ClientOptions);
        using Socket given = await next.Within();
    }
}

public sealed class SharedListenerTests_Portable : SharedListenerTests<PortableUnderTest>;

public sealed class SharedListenerTests_Epoll : SharedListenerTests<EpollUnderTest>;
