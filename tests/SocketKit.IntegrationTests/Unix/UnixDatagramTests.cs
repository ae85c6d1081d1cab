using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

public abstract class UnixDatagramTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private UnixDatagramOptions Options => new() { Engine = Engine };

    [LinuxFact]
    public async Task Bound_endpoints_exchange_datagrams_by_path_and_by_abstract_name()
    {
        foreach ((string here, string there) in new[] { (PathOf("a"), PathOf("b")), (AbstractName(), AbstractName()) })
        {
            using var first = UnixDatagramEndpoint.Bind(here, Options);
            using var second = UnixDatagramEndpoint.Bind(there, Options);
            byte[] buffer = new byte[16];

            first.SendTo("ping"u8, second.LocalEndPoint!).Should().Be(4);
            ReceivedDatagram ping = second.ReceiveFrom(buffer);
            ping.Length.Should().Be(4);
            ping.IsTruncated.Should().BeFalse();
            ping.RemoteEndPoint.Should().Be(first.LocalEndPoint);

            await second.SendToAsync("longer than that"u8.ToArray(), ping.RemoteEndPoint!).AsTask().Within();
            ReceivedDatagram pong = await first.ReceiveFromAsync(buffer.AsMemory(0, 6)).Within();
            pong.Length.Should().Be(6);
            pong.IsTruncated.Should().BeTrue();
            pong.RemoteEndPoint.Should().Be(second.LocalEndPoint);
        }
    }

    [LinuxFact]
    public async Task All_datagrams_are_enumerated_longer_ones_than_those_of_IP_too()
    {
        using var bound = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using var sender = UnixDatagramEndpoint.Connect(PathOf(), Options);
        byte[] large = Payload.Of(150_000);
        await using IAsyncEnumerator<OwnedDatagram> all = bound.ReceiveAllAsync().GetAsyncEnumerator();

        sender.Send(large);
        (await all.MoveNextAsync().AsTask().Within()).Should().BeTrue();
        using (OwnedDatagram datagram = all.Current)
        {
            datagram.IsTruncated.Should().BeFalse();
            datagram.RemoteEndPoint.Should().BeNull("the sender has no name");
            datagram.Data.Span.SequenceEqual(large).Should().BeTrue();
        }

        Task<bool> next = all.MoveNextAsync().AsTask();
        sender.Send("你好").Should().Be(6);
        (await next.Within()).Should().BeTrue();
        all.Current.Data.ToArray().Should().Equal("你好"u8.ToArray());
        all.Current.Dispose();
    }

    [LinuxFact]
    public async Task An_unbound_sender_is_unnamed_on_every_path()
    {
        using var bound = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using var sender = UnixDatagramEndpoint.Connect(PathOf(), Options);
        byte[] buffer = new byte[16];

        for (int i = 0; i < 4; i++)
        {
            sender.Send("x"u8);
        }

        bound.ReceiveFrom(buffer).RemoteEndPoint.Should().BeNull();
        bound.TryReceiveFrom(buffer, out ReceivedDatagram tried).Should().BeTrue();
        tried.RemoteEndPoint.Should().BeNull();
        (await bound.ReceiveFromAsync(buffer).Within()).RemoteEndPoint.Should().BeNull();
        var from = new SocketAddress(AddressFamily.Unix);
        bound.ReceiveFrom(buffer, from).Length.Should().Be(1);
        from.Size.Should().BeLessThanOrEqualTo(2);
        sender.LocalEndPoint.Should().BeNull();
        sender.RemoteEndPoint!.ToString().Should().Be(PathOf());
    }

    [LinuxFact]
    public async Task A_pair_keeps_boundaries_and_empty_datagrams()
    {
        foreach (bool sequenced in new[] { false, true })
        {
            (UnixDatagramEndpoint first, UnixDatagramEndpoint second) =
                UnixDatagramEndpoint.CreatePair(new() { Engine = Engine, SequencedPacket = sequenced });
            using (first)
            using (second)
            {
                byte[] buffer = new byte[8];

                first.Send("one"u8);
                first.Send("three"u8);
                second.Receive(buffer).Length.Should().Be(3);
                second.Receive(buffer.AsSpan(0, 2)).IsTruncated.Should().BeTrue();
                await second.SendAsync("back"u8.ToArray()).AsTask().Within();
                (await first.ReceiveAsync(buffer).Within()).Length.Should().Be(4);
                first.RemoteEndPoint.Should().BeNull();

                if (!sequenced)
                {
                    first.Send([]);
                    second.Receive(buffer).Length.Should().Be(0);
                }
            }
        }
    }

    [LinuxFact]
    public void A_sequenced_packet_connection_ends_with_its_server()
    {
        using var listening = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listening.Bind(new UnixDomainSocketEndPoint(PathOf()));
        listening.Listen();
        var client = UnixDatagramEndpoint.Connect(PathOf(), new() { Engine = Engine, SequencedPacket = true });
        using var accepted = UnixDatagramEndpoint.FromSocket(listening.Accept());
        byte[] buffer = new byte[8];

        client.Send("abc"u8);
        client.Dispose();

        accepted.Receive(buffer).Length.Should().Be(3);
        Expect.Socket(Record.Exception(() => accepted.Receive(buffer)), SocketError.Disconnecting);
        Action bind = () => UnixDatagramEndpoint.Bind(PathOf("x"), new() { SequencedPacket = true });
        bind.Should().Throw<ArgumentException>();
    }

    [LinuxFact]
    public void The_file_follows_the_rules_of_servers()
    {
        var endpoint = UnixDatagramEndpoint.Bind(PathOf(), Options);
        Action again = () => UnixDatagramEndpoint.Bind(PathOf(), Options);
        Action tooLong = () => UnixDatagramEndpoint.Bind("/" + new string('x', 107), Options);

        new FileInfo(PathOf()).UnixFileMode.Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        again.Should().Throw<SocketException>().Which.SocketErrorCode.Should().Be(SocketError.AddressAlreadyInUse);
        tooLong.Should().Throw<ArgumentOutOfRangeException>();
        endpoint.Dispose();
        Directory.EnumerateFileSystemEntries(Folder).Should().BeEmpty();
        endpoint.LocalEndPoint!.ToString().Should().Be(PathOf());

        File.WriteAllText(PathOf(), "precious");
        again.Should().Throw<SocketException>().Which.SocketErrorCode.Should().Be(SocketError.AddressAlreadyInUse);
        endpoint.Dispose();
        File.ReadAllText(PathOf()).Should().Be("precious");
    }

    [LinuxFact]
    public void A_missing_path_is_named_and_a_stream_server_is_of_another_type()
    {
        Action missing = () => UnixDatagramEndpoint.Connect(PathOf("missing"), Options);
        missing.Should().Throw<SocketConnectException>().WithMessage($"*no file {PathOf("missing")}*")
            .Which.Attempts.Should().ContainSingle();

        using UnixServer server = ListenUnix(PathOf());
        Action stream = () => UnixDatagramEndpoint.Connect(PathOf(), Options);
        stream.Should().Throw<SocketConnectException>().WithMessage("*another type*");
    }

    [LinuxFact]
    public void A_bound_endpoint_connects_and_disconnects()
    {
        using var first = UnixDatagramEndpoint.Bind(PathOf("a"), Options);
        using var second = UnixDatagramEndpoint.Bind(PathOf("b"), Options);
        byte[] buffer = new byte[8];

        first.ConnectTo(new UnixDomainSocketEndPoint(PathOf("b")));
        first.Send("x"u8);
        second.ReceiveFrom(buffer).RemoteEndPoint.Should().Be(first.LocalEndPoint);
        first.Disconnect();

        first.RemoteEndPoint.Should().BeNull();
        Action send = () => first.Send("x"u8);
        send.Should().Throw<InvalidOperationException>();
        Action wrong = () => first.SendTo("x"u8, new IPEndPoint(IPAddress.Loopback, 1));
        wrong.Should().Throw<ArgumentException>();
    }

    [LinuxFact]
    public async Task Dispose_wakes_a_pending_receive()
    {
        var endpoint = UnixDatagramEndpoint.Bind(PathOf(), Options);
        Task<ReceivedDatagram> pending = endpoint.ReceiveFromAsync(new byte[1]).AsTask();

        endpoint.Dispose();

        await Expect.Disposed(pending);
        Expect.Disposed(Record.Exception(() => endpoint.ReceiveFrom(new byte[1])));
    }

    [LinuxFact("python3")]
    public async Task Python_sends_and_is_answered()
    {
        using var endpoint = UnixDatagramEndpoint.Bind(PathOf(), Options);
        using Script python = Script.Python(
            """
            import socket, sys
            s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1] + ".py")
            s.sendto(b"from python", sys.argv[1])
            data, sender = s.recvfrom(100)
            print(data.decode(), sender == sys.argv[1])
            """, PathOf());
        byte[] buffer = new byte[32];

        ReceivedDatagram datagram = await endpoint.ReceiveFromAsync(buffer).Within();
        datagram.RemoteEndPoint!.ToString().Should().Be(PathOf() + ".py");
        endpoint.SendTo(buffer.AsSpan(0, datagram.Length), datagram.RemoteEndPoint);

        (await python.LineAsync()).Should().Be("from python True");
    }
}

public sealed class UnixDatagramTests_Portable : UnixDatagramTests<PortableUnderTest>;

public sealed class UnixDatagramTests_Epoll : UnixDatagramTests<EpollUnderTest>;
