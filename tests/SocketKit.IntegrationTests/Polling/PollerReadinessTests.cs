using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Polling;

/// <summary>What each kind of socket is reported for.</summary>
public abstract class PollerReadinessTests<TEngine, TPoller> : PollerTests<TEngine, TPoller>
    where TEngine : EngineUnderTest, new()
    where TPoller : EngineUnderTest, new()
{
    [Fact]
    public void A_connection_is_readable_until_its_bytes_are_taken()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SocketPoller poller = NewPoller();
        object state = new();
        poller.Add(pair.Accepted, Readiness.Readable, state);
        Look(poller).Should().BeEmpty();

        pair.Client.Send(Hello);
        ReadySocket found = Find(poller).Should().ContainSingle().Subject;
        found.Socket.Should().BeSameAs(pair.Accepted);
        found.State.Should().BeSameAs(state);
        found.Readiness.Should().Be(Readiness.Readable);
        found.IsReadable.Should().BeTrue();
        found.IsWritable.Should().BeFalse();

        byte[] buffer = new byte[Hello.Length - 1];
        pair.Accepted.Receive(buffer);
        Find(poller).Should().ContainSingle("a byte is left");
        pair.Accepted.Receive(buffer);
        Look(poller).Should().BeEmpty("nothing is left");
    }

    [Fact]
    public void Bytes_that_were_only_peeked_at_stay_readable()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SocketPoller poller = NewPoller();
        poller.Add(pair.Accepted, Readiness.Readable);
        pair.Client.Send(Hello);
        pair.Accepted.Peek(new byte[8]).Should().BePositive();
        Find(poller).Should().ContainSingle();
        pair.Accepted.TryReceive(new byte[8], out int received).Should().BeTrue();
        received.Should().Be(Hello.Length);
        Look(poller).Should().BeEmpty();
    }

    [Fact]
    public async Task A_connection_is_writable_until_its_buffers_are_full()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SocketPoller poller = NewPoller();
        poller.Add(pair.Client, Readiness.Readable | Readiness.Writable);
        Find(poller).Should().ContainSingle().Which.Readiness.Should().Be(Readiness.Writable);

        byte[] block = new byte[256 * 1024];
        while (pair.Client.TrySend(block, out _) || pair.Client.WaitWritable(Moment))
        {
        }

        Look(poller).Should().BeEmpty();
        byte[] buffer = new byte[1024 * 1024];
        Task<ReadySocket> writable = Limits.OnThread(() => FindWith(poller, pair.Client, Readiness.Writable));
        while (!writable.IsCompleted)
        {
            pair.Accepted.TryReceive(buffer, out _);
        }

        (await writable).IsWritable.Should().BeTrue();
    }

    [Fact]
    public void A_peer_that_has_finished_is_a_hang_up_and_readable()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SocketPoller poller = NewPoller();
        poller.Add(pair.Accepted, Readiness.Readable);
        pair.Client.ShutdownSend();

        FindWith(poller, pair.Accepted, Readiness.HangUp).Readiness.Should().Be(Readiness.Readable | Readiness.HangUp);
        pair.Accepted.TryReceive(new byte[1], out int received).Should().BeTrue();
        received.Should().Be(0);
        FindWith(poller, pair.Accepted, Readiness.HangUp).IsReadable.Should().BeTrue("an end stays");

        poller.Modify(pair.Accepted, Readiness.Writable);
        Find(poller).Should().ContainSingle().Which.Readiness.Should().Be(Readiness.Writable, "sending goes on");
    }

    [Fact]
    public void A_reset_is_an_error_and_a_hang_up_and_nothing_would_wait()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SocketPoller poller = NewPoller();
        poller.Add(pair.Accepted, Readiness.Readable | Readiness.Writable);
        pair.Client.Abort();

        FindWith(poller, pair.Accepted, Readiness.Error).Readiness
            .Should().Be(Readiness.Readable | Readiness.Writable | Readiness.HangUp | Readiness.Error);
        Record.Exception(() => pair.Accepted.TryReceive(new byte[1], out _)).Should().BeAssignableTo<SocketException>();
        FindWith(poller, pair.Accepted, Readiness.HangUp).IsReadable.Should().BeTrue("the end stays, although the error was told");
    }

    [Fact]
    public void What_was_sent_before_a_reset_or_an_end_is_still_there()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SocketPoller poller = NewPoller();
        poller.Add(pair.Accepted, Readiness.Readable);
        pair.Client.Send(Hello);
        pair.Client.Dispose();

        FindWith(poller, pair.Accepted, Readiness.Readable);
        byte[] buffer = new byte[16];
        pair.Accepted.TryReceive(buffer, out int received).Should().BeTrue();
        received.Should().Be(Hello.Length);
        FindWith(poller, pair.Accepted, Readiness.HangUp);
        pair.Accepted.TryReceive(buffer, out received).Should().BeTrue();
        received.Should().Be(0);
    }

    [Fact]
    public void A_server_is_readable_while_a_connection_waits()
    {
        using TcpServer server = ListenAnywhere();
        using SocketPoller poller = NewPoller();
        poller.Add(server, Readiness.Readable);
        Look(poller).Should().BeEmpty();
        using TcpClient first = Connect(server);
        using TcpClient second = Connect(server);

        Find(poller).Should().ContainSingle().Which.Readiness.Should().Be(Readiness.Readable);
        server.Accept().Abort();
        Find(poller).Should().ContainSingle("another one waits");
        server.TryAccept(out TcpConnection? accepted).Should().BeTrue();
        accepted!.Abort();
        Look(poller).Should().BeEmpty();
    }

    [Fact]
    public async Task A_connection_that_the_server_holds_for_the_next_accept_counts_as_waiting()
    {
        using TcpServer server = ListenAnywhere();
        using SocketPoller poller = NewPoller();
        poller.Add(server, Readiness.Readable);
        Task<ReadySocket[]> waiting = await StartWaiting(poller);
        ValueTask held = server.WaitReadableAsync();
        using TcpClient client = Connect(server);
        await held.AsTask().Within();

        (await waiting.Within()).Should().ContainSingle();
        Find(poller).Should().ContainSingle("the server holds it").Which.Readiness.Should().Be(Readiness.Readable);
        using var late = NewPoller();
        late.Add(server, Readiness.Readable);
        Find(late).Should().ContainSingle("it held it before it was added");
        poller.Modify(server, Readiness.None);
        Look(poller).Should().BeEmpty("it is paused");
        poller.Modify(server, Readiness.Readable);
        Find(poller).Should().ContainSingle();

        server.Accept().Abort();
        Look(poller).Should().BeEmpty();
        Look(late).Should().BeEmpty();
    }

    [Fact]
    public async Task A_wait_that_sleeps_is_told_of_a_connection_that_the_server_takes()
    {
        using TcpServer server = ListenAnywhere();
        using SocketPoller poller = NewPoller();
        ValueTask held = server.WaitReadableAsync();
        poller.Add(server, Readiness.Readable);
        for (int i = 0; i < 20; i++)
        {
            Task<ReadySocket[]> waiting = await StartWaiting(poller);
            using TcpClient client = Connect(server);
            await held.AsTask().Within();
            (await waiting.Within()).Should().ContainSingle().Which.Socket.Should().BeSameAs(server);
            server.Accept().Abort();
            held = server.WaitReadableAsync();
        }

        server.Dispose();
        await Expect.Disposed(held.AsTask());
    }

    [Fact]
    public void A_datagram_is_readable_and_an_empty_one_too()
    {
        using UdpEndpoint endpoint = Bind();
        using UdpEndpoint sender = Bind();
        using SocketPoller poller = NewPoller();
        poller.Add(endpoint, Readiness.Readable);
        Look(poller).Should().BeEmpty();
        sender.SendTo(Hello, endpoint.LocalEndPoint);
        sender.SendTo([], endpoint.LocalEndPoint);

        for (int i = 0; i < 2; i++)
        {
            Find(poller).Should().ContainSingle().Which.Readiness.Should().Be(Readiness.Readable);
            endpoint.TryReceiveFrom(new byte[16], out _).Should().BeTrue();
        }

        Look(poller).Should().BeEmpty();
        poller.Modify(endpoint, Readiness.Writable);
        Find(poller).Should().ContainSingle().Which.Readiness.Should().Be(Readiness.Writable);
    }

    [LinuxTheory]
    [InlineData(Readiness.Readable)]
    [InlineData(Readiness.HangUp)]
    public void An_error_of_a_datagram_endpoint_is_reported_until_a_call_throws_it(Readiness interest)
    {
        using UdpEndpoint endpoint = UdpEndpoint.Connect("127.0.0.1", DeadEndPoint().Port, UdpOptions);
        using SocketPoller poller = NewPoller();
        poller.Add(endpoint, interest);
        endpoint.Send(Hello);

        ReadySocket found = FindWith(poller, endpoint, Readiness.Error);
        found.IsReadable.Should().Be(interest == Readiness.Readable);
        Find(poller).Should().ContainSingle("nobody has taken the error");
        Expect.Socket(Record.Exception(() => endpoint.Receive(new byte[8])), SocketError.ConnectionRefused);
        Look(poller).Should().BeEmpty();
    }

    [LinuxFact]
    public async Task An_error_that_an_async_wait_has_taken_is_reported_until_a_call_throws_it()
    {
        using UdpEndpoint endpoint = UdpEndpoint.Connect("127.0.0.1", DeadEndPoint().Port, UdpOptions);
        using SocketPoller poller = NewPoller();
        poller.Add(endpoint, Readiness.Readable);
        Task waiting = endpoint.WaitReadableAsync().AsTask();
        endpoint.Send(Hello);
        await waiting.Within();

        FindWith(poller, endpoint, Readiness.Readable | Readiness.Error);
        Expect.Socket(Record.Exception(() => endpoint.Receive(new byte[8])), SocketError.ConnectionRefused);
        Look(poller).Should().BeEmpty();
    }

    [LinuxFact]
    public void Unix_connections_and_datagrams_are_waited_for_as_well()
    {
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair(new() { Engine = Engine });
        (UnixDatagramEndpoint one, UnixDatagramEndpoint other) = UnixDatagramEndpoint.CreatePair(new() { Engine = Engine });
        using (first)
        using (second)
        using (one)
        using (other)
        {
            using SocketPoller poller = NewPoller();
            poller.Add(second, Readiness.Readable);
            poller.Add(other, Readiness.Readable);
            first.Send(Hello);
            one.Send(Hello);
            Find(poller).Select(static found => found.Socket).Should().BeEquivalentTo(new SocketBase[] { second, other });
            second.Receive(new byte[8]);
            other.Receive(new byte[8]);
            Look(poller).Should().BeEmpty();
            first.Dispose();
            FindWith(poller, second, Readiness.HangUp).IsReadable.Should().BeTrue();
        }
    }

    [LinuxFact(Root = true)]
    public void A_raw_endpoint_is_readable_when_a_packet_has_come()
    {
        using RawEndpoint raw = RawEndpoint.Open(AddressFamily.InterNetwork, ProtocolType.Icmp, new RawEndpointOptions { Engine = Engine });
        using SocketPoller poller = NewPoller();
        poller.Add(raw, Readiness.Readable);

        // RFC 792: an echo request with identifier and number 0, and its checksum.
        raw.SendTo([8, 0, 0xF7, 0xFF, 0, 0, 0, 0], new IPEndPoint(IPAddress.Loopback, 0));
        FindWith(poller, raw, Readiness.Readable);
        raw.TryReceiveFrom(new byte[128], out _).Should().BeTrue();
    }

    [Fact]
    public void A_paused_socket_is_not_reported_at_all_and_one_in_two_pollers_by_both()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SocketPoller poller = NewPoller();
        using SocketPoller other = NewPoller();
        poller.Add(pair.Accepted, Readiness.None);
        other.Add(pair.Accepted, Readiness.Readable);
        pair.Client.Abort();
        FindWith(other, pair.Accepted, Readiness.HangUp);
        Look(poller).Should().BeEmpty();
        poller.Count.Should().Be(1);
        poller.Modify(pair.Accepted, Readiness.Readable);
        FindWith(poller, pair.Accepted, Readiness.HangUp);

        other.Remove(pair.Accepted).Should().BeTrue();
        Look(other).Should().BeEmpty();
        FindWith(poller, pair.Accepted, Readiness.HangUp);
        pair.Accepted.Dispose();
        poller.Count.Should().Be(0);
    }
}

public sealed class PollerReadinessTests_PortableBySelect : PollerReadinessTests<PortableUnderTest, PortableUnderTest>;

public sealed class PollerReadinessTests_PortableByEpoll : PollerReadinessTests<PortableUnderTest, EpollUnderTest>;

public sealed class PollerReadinessTests_EpollBySelect : PollerReadinessTests<EpollUnderTest, PortableUnderTest>;

public sealed class PollerReadinessTests_EpollByEpoll : PollerReadinessTests<EpollUnderTest, EpollUnderTest>;
