using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using TcpClient = SocketKit.TcpClient;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>Sockets made elsewhere, pairs and duplicated handles. They have no options, so they use the engine of the process.</summary>
public sealed class AdoptionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connected_socket_is_wrapped_whatever_its_mode(bool nonBlocking)
    {
        (Socket socket, Socket peer) = Pair();
        using Socket other = peer;
        socket.Blocking = !nonBlocking;

        using TcpConnection connection = TcpConnection.FromSocket(socket);
        Task<int> receive = Limits.OnThread(() => connection.Receive(new byte[4]));
        other.Send("abcd"u8);
        (await receive.Within()).Should().Be(4);
        connection.ReceiveTimeout = TimeSpan.FromMilliseconds(100);

        var clock = Stopwatch.StartNew();
        Expect.Timeout(Record.Exception(() => connection.Receive(new byte[4])));
        clock.Elapsed.Should().BeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(100));
        connection.LocalEndPoint.Should().Be(other.RemoteEndPoint);
    }

    [Fact]
    public async Task A_descriptor_that_an_async_call_made_non_blocking_behind_nets_back_is_wrapped_too()
    {
        (Socket socket, Socket peer) = Pair();
        using Socket other = peer;
        await other.SendAsync("x"u8.ToArray());
        await socket.ReceiveAsync(new byte[1]);
        using var adopted = new Socket(new SafeSocketHandle(socket.SafeHandle.DangerousGetHandle(), ownsHandle: false));

        using TcpConnection connection = TcpConnection.FromSocket(adopted);
        connection.ReceiveTimeout = TimeSpan.FromMilliseconds(100);
        var clock = Stopwatch.StartNew();

        Expect.Timeout(Record.Exception(() => connection.Receive(new byte[1])));
        clock.Elapsed.Should().BeGreaterThanOrEqualTo(TimeSpan.FromMilliseconds(100));
        connection.ReceiveTimeout = Timeout.InfiniteTimeSpan;
        Task<int> receive = Limits.OnThread(() => connection.Receive(new byte[1]));
        other.Send("y"u8);
        (await receive.Within()).Should().Be(1);
        socket.Dispose();
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void A_borrowed_socket_is_left_open_in_the_mode_it_had(bool blocking, bool abort)
    {
        (Socket socket, Socket peer) = Pair();
        using Socket mine = socket;
        using Socket other = peer;
        mine.Blocking = blocking;
        TcpConnection connection = TcpConnection.FromSocket(mine, ownsSocket: false);
        connection.Send("abc"u8);
        connection.TryReceive(new byte[1], out _).Should().BeFalse();

        if (abort)
        {
            connection.Abort();
        }
        else
        {
            connection.Dispose();
        }

        mine.Blocking.Should().Be(blocking);
        mine.Send("def"u8);
        byte[] buffer = new byte[6];
        other.ReceiveTimeout = (int)Limits.Hang.TotalMilliseconds;
        int received = 0;
        while (received < 6)
        {
            received += other.Receive(buffer.AsSpan(received));
        }

        buffer.Should().Equal("abcdef"u8.ToArray());
        Expect.Disposed(Record.Exception(() => connection.Send("x"u8)));
    }

    [Fact]
    public void A_socket_of_another_kind_is_refused_by_the_name_of_the_parameter()
    {
        using var unconnected = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var datagram = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var bound = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        bound.Bind(new IPEndPoint(IPAddress.Loopback, 0));

        (string Parameter, Action Call)[] calls =
        [
            ("connected", () => TcpConnection.FromSocket(null!)),
            ("connected", () => TcpConnection.FromSocket(unconnected)),
            ("connected", () => TcpConnection.FromSocket(datagram)),
            ("listening", () => TcpServer.FromSocket(null!)),
            ("listening", () => TcpServer.FromSocket(bound)),
            ("listening", () => TcpServer.FromSocket(datagram)),
            ("connected", () => UnixConnection.FromSocket(null!)),
            ("connected", () => UnixConnection.FromSocket(bound)),
            ("listening", () => UnixServer.FromSocket(null!)),
            ("listening", () => UnixServer.FromSocket(bound)),
            ("socket", () => UdpEndpoint.FromSocket(null!)),
            ("socket", () => UdpEndpoint.FromSocket(bound)),
            ("socket", () => UdpEndpoint.FromSocket(datagram)),
            ("socket", () => UnixDatagramEndpoint.FromSocket(null!)),
            ("socket", () => UnixDatagramEndpoint.FromSocket(datagram)),
        ];

        foreach ((string parameter, Action call) in calls)
        {
            Record.Exception(call).Should().BeAssignableTo<ArgumentException>().Which.ParamName.Should().Be(parameter);
        }

        bound.SafeHandle.IsClosed.Should().BeFalse("a refused socket stays its owner's");
    }

    [Fact]
    public async Task A_listening_socket_is_wrapped_and_closed_with_the_server()
    {
        var listening = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        TcpServer server = TcpServer.FromSocket(listening);

        using TcpClient client = TcpClient.Connect(server.LocalEndPoint);
        using TcpConnection accepted = await server.AcceptAsync().Within();
        server.Dispose();

        accepted.RemoteEndPoint.Should().Be(client.LocalEndPoint);
        listening.SafeHandle.IsClosed.Should().BeTrue();
    }

    [Fact]
    public async Task A_pair_talks_in_both_directions_and_its_ends_belong_together()
    {
        (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair();
        using (first)
        using (second)
        {
            first.LocalEndPoint.Should().Be(second.RemoteEndPoint);
            second.LocalEndPoint.Should().Be(first.RemoteEndPoint);
            first.Send("there"u8);
            second.Send("back"u8);
            byte[] buffer = new byte[5];
            await second.ReceiveExactlyAsync(buffer).Within();
            buffer.Should().Equal("there"u8.ToArray());
            await first.ReceiveExactlyAsync(buffer.AsMemory(0, 4)).Within();
            first.Timeout.Should().Be(Timeout.InfiniteTimeSpan);
        }
    }

    [LinuxFact]
    public async Task A_duplicated_handle_keeps_the_connection_alive_after_dispose()
    {
        (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair();
        using TcpConnection peer = second;
        using var duplicate = new Socket(first.DuplicateHandle());

        first.Dispose();

        using TcpConnection again = TcpConnection.FromSocket(duplicate);
        again.Send("alive"u8);
        await peer.ReceiveExactlyAsync(new byte[5]).Within();
        peer.Send("too"u8);
        await again.ReceiveExactlyAsync(new byte[3]).Within();
        again.Dispose();
        (await peer.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
    }

    private static (Socket Mine, Socket Peer) Pair()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var mine = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        mine.Connect(listener.LocalEndPoint!);
        return (mine, listener.Accept());
    }
}
