using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>Sockets that somebody else uses, too: what closing our side leaves to the other.</summary>
public abstract class SharedSocketTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [LinuxFact]
    public async Task A_duplicate_goes_on_after_a_dispose_with_a_wait_pending()
    {
        using TcpPairUnderTest pair = ConnectPair();
        CancellationToken closed = pair.Client.Closed;
        using Socket copy = Wrap(pair.Client.DuplicateHandle());

        pair.Client.Dispose();

        closed.CanBeCanceled.Should().BeTrue();
        copy.Send("still here"u8).Should().Be(10);
        byte[] buffer = new byte[16];
        (await pair.Accepted.ReceiveAsync(buffer).Within()).Should().Be(10);
        await pair.Accepted.SendAsync("and back"u8.ToArray()).Within();
        copy.Receive(buffer).Should().Be(8);
    }

    [LinuxFact]
    public async Task Each_of_several_duplicates_of_a_connection_can_wait_with_the_calls_of_dotnet()
    {
        using TcpPairUnderTest pair = ConnectPair();
        for (int i = 0; i < 3; i++)
        {
            using Socket copy = Wrap(pair.Client.DuplicateHandle());
            Task<int> received = copy.ReceiveAsync(new byte[1]);
            received.IsCompleted.Should().BeFalse();

            pair.Accepted.Send("x"u8);

            (await received.Within()).Should().Be(1);
        }
    }

    [LinuxFact]
    public async Task Each_of_several_duplicates_of_a_listener_can_wait_with_the_calls_of_dotnet()
    {
        using TcpServer server = Listen();
        for (int i = 0; i < 3; i++)
        {
            using Socket copy = Wrap(server.DuplicateHandle());
            Task<Socket> accepted = copy.AcceptAsync();
            accepted.IsCompleted.Should().BeFalse();

            using TcpClient client = Connect(server);

            (await accepted.Within()).Dispose();
        }
    }

    [LinuxFact]
    public async Task A_duplicate_goes_on_after_a_dispose_under_a_blocked_receive()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Socket copy = Wrap(pair.Client.DuplicateHandle());
        Task<int> receive = Limits.OnThread(() => pair.Client.Receive(new byte[16]));
        await TestReceives.Begun(pair.Client);

        pair.Client.Dispose();

        await receive.Invoking(static task => task.Within()).Should().ThrowAsync<ObjectDisposedException>();
        await pair.Accepted.SendAsync("for the duplicate"u8.ToArray()).Within();
        copy.Receive(new byte[32]).Should().Be(17);
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_receive_that_waits_when_the_duplicate_is_made_ends_with_the_dispose(bool withDeadline)
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.ReceiveTimeout = withDeadline ? TimeSpan.FromHours(1) : Timeout.InfiniteTimeSpan;
        Task<int> receive = Limits.OnThread(() => pair.Client.Receive(new byte[16]));
        await TestReceives.Begun(pair.Client);
        using SafeSocketHandle duplicate = pair.Client.DuplicateHandle();

        pair.Client.Dispose();

        await receive.Invoking(static task => task.Within()).Should().ThrowAsync<ObjectDisposedException>();
    }

    [Fact]
    public async Task A_receive_on_a_borrowed_socket_ends_with_the_dispose_and_takes_nothing_of_the_owner()
    {
        using TcpServer server = Listen();
        using var owned = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        owned.Connect(server.LocalEndPoint);
        using TcpConnection peer = server.Accept();
        TcpConnection borrowed = TcpConnection.FromSocket(owned, ownsSocket: false);
        Task<int> receive = Limits.OnThread(() => borrowed.Receive(new byte[1]));
        await TestReceives.Begun(borrowed);

        borrowed.Dispose();

        await receive.Invoking(static task => task.Within()).Should().ThrowAsync<ObjectDisposedException>();
        peer.Send("x"u8);
        owned.Blocking.Should().BeTrue();
        owned.Receive(new byte[1]).Should().Be(1);
    }

    [Fact]
    public async Task A_disposed_borrowed_listener_leaves_the_next_client_to_its_owner()
    {
        using var owned = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        owned.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        owned.Listen();
        TcpServer borrowed = TcpServer.FromSocket(owned, ownsSocket: false);
        ValueTask<TcpConnection> accept = borrowed.AcceptAsync();

        borrowed.Dispose();

        await accept.Invoking(static task => task.Within()).Should().ThrowAsync<ObjectDisposedException>();
        using TcpClient client = TcpClient.Connect((IPEndPoint)owned.LocalEndPoint!, ClientOptions);
        using Socket accepted = await owned.AcceptAsync().Within();
        accepted.Send("mine"u8);
        client.Receive(new byte[8]).Should().Be(4);
    }

    [Fact]
    public void A_send_after_our_own_half_close_says_nothing_about_the_peer()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.ShutdownSend();

        pair.Client.Invoking(static client => client.Send("x"u8)).Should().Throw<SocketException>();

        pair.Client.CloseReason.Should().Be(CloseReason.None);
        pair.Accepted.Send("reply"u8);
        pair.Client.Receive(new byte[8]).Should().Be(5);
    }

    [Fact]
    public async Task An_exact_receive_of_nothing_completes_at_once()
    {
        using TcpPairUnderTest pair = ConnectPair();

        pair.Client.ReceiveExactly([]);
        await pair.Client.ReceiveExactlyAsync(Memory<byte>.Empty).Within();
        pair.Client.TryReceive(new byte[1], out _).Should().BeFalse();
    }

    [Fact]
    public async Task A_reset_is_never_taken_for_an_end_while_Closed_is_watched()
    {
        using TcpServer server = Listen();
        for (int round = 0; round < 1000; round++)
        {
            using TcpClient client = Connect(server);
            using TcpConnection accepted = await server.AcceptAsync().Within();
            _ = client.Closed;
            Task<int> receive = Limits.OnThread(() => client.Receive(new byte[16]));

            accepted.Abort();

            (await receive.Invoking(static task => task.Within()).Should().ThrowAsync<SocketException>())
                .Which.SocketErrorCode.Should().Be(SocketError.ConnectionReset);
        }
    }

    /// <summary>The copies share the descriptor's mode, and .NET has to be told of it (dotnet/runtime#128433).</summary>
    private static Socket Wrap(SafeSocketHandle handle) => new(handle) { Blocking = false };
}

public sealed class SharedSocketTests_Portable : SharedSocketTests<PortableUnderTest>;

public sealed class SharedSocketTests_Epoll : SharedSocketTests<EpollUnderTest>;
