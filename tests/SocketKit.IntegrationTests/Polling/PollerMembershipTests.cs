using System.Net.Sockets;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Polling;

/// <summary>Which sockets a poller takes, how they leave it, and what it refuses.</summary>
public abstract class PollerMembershipTests<TEngine, TPoller> : PollerTests<TEngine, TPoller>
    where TEngine : EngineUnderTest, new()
    where TPoller : EngineUnderTest, new()
{
    private static readonly TestAuthority s_authority = new();

    private static TlsClientOptions ClientTls => new() { TargetHost = "localhost", TrustedRoots = s_authority.Roots };

    private static TlsServerOptions ServerTls => new() { Certificate = s_authority.IssueTls("localhost") };

    [Fact]
    public void A_socket_is_added_once_and_removed_once()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SocketPoller poller = NewPoller();
        poller.Count.Should().Be(0);
        poller.Remove(pair.Client).Should().BeFalse();
        poller.Add(pair.Client, Readiness.Readable);
        poller.Count.Should().Be(1);
        Record.Exception(() => poller.Add(pair.Client, Readiness.Writable)).Should().BeOfType<ArgumentException>()
            .Which.Message.Should().Contain(pair.Client.ToString());

        poller.Remove(pair.Client).Should().BeTrue();
        poller.Remove(pair.Client).Should().BeFalse();
        poller.Count.Should().Be(0);
        pair.Accepted.Send(Hello);
        pair.Client.WaitReadable(Limits.Hang).Should().BeTrue();
        Look(poller).Should().BeEmpty();
        poller.Add(pair.Client, Readiness.Readable);
        Find(poller).Should().ContainSingle();
    }

    [Fact]
    public void A_change_keeps_the_state_or_replaces_it()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SocketPoller poller = NewPoller();
        Record.Exception(() => poller.Modify(pair.Client, Readiness.Readable)).Should().BeOfType<ArgumentException>();
        poller.Add(pair.Client, Readiness.Readable, "first");
        poller.Modify(pair.Client, Readiness.Writable);
        Find(poller).Should().ContainSingle().Which.State.Should().Be("first");
        poller.Modify(pair.Client, Readiness.Writable, "second");
        Find(poller).Should().ContainSingle().Which.State.Should().Be("second");
        poller.Modify(pair.Client, Readiness.Readable, null);
        Look(poller).Should().BeEmpty();
    }

    [Fact]
    public void A_disposed_socket_has_left_by_itself()
    {
        using SocketPoller poller = NewPoller();
        using TcpServer server = ListenAnywhere();
        using TcpPairUnderTest pair = ConnectPair();
        using UdpEndpoint endpoint = Bind();
        SocketBase[] sockets = [server, pair.Client, pair.Accepted, endpoint];
        foreach (SocketBase socket in sockets)
        {
            poller.Add(socket, Readiness.Readable);
        }

        pair.Client.Abort();
        poller.Count.Should().Be(3);
        FindWith(poller, pair.Accepted, Readiness.HangUp);
        pair.Accepted.Dispose();
        endpoint.Dispose();
        server.Dispose();
        poller.Count.Should().Be(0);
        Look(poller).Should().BeEmpty();
        foreach (SocketBase socket in sockets)
        {
            poller.Remove(socket).Should().BeFalse();
            Expect.Disposed(Record.Exception(() => poller.Add(socket, Readiness.Readable)));
            Expect.Disposed(Record.Exception(() => poller.Modify(socket, Readiness.Readable)));
        }
    }

    [Fact]
    public async Task A_server_that_is_stopped_has_left_by_itself()
    {
        using SocketPoller poller = NewPoller();
        using TcpServer server = ListenAnywhere();
        poller.Add(server, Readiness.Readable);
        await server.StopAsync(TimeSpan.Zero).Within();
        poller.Count.Should().Be(0);
    }

    [LinuxFact]
    public void A_socket_with_a_duplicate_has_left_when_it_is_disposed()
    {
        using SocketPoller poller = NewPoller();
        using TcpPairUnderTest pair = ConnectPair();
        poller.Add(pair.Accepted, Readiness.Readable);
        using SafeSocketHandle handle = pair.Accepted.DuplicateHandle();
        using var duplicate = new Socket(handle) { Blocking = false };
        pair.Accepted.Dispose();
        pair.Client.Send(Hello);
        duplicate.Poll(Limits.Hang, SelectMode.SelectRead).Should().BeTrue();
        duplicate.Receive(new byte[8]).Should().Be(Hello.Length, "the duplicate is still connected");
        pair.Client.Send(Hello);
        duplicate.Poll(Limits.Hang, SelectMode.SelectRead).Should().BeTrue();
        Look(poller).Should().BeEmpty();
        poller.Count.Should().Be(0);
    }

    [Fact]
    public void A_borrowed_socket_is_waited_for_and_left_as_it_was()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using var plain = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        plain.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        using UdpEndpoint sender = Bind();
        using SocketPoller poller = NewPoller();
        using (var endpoint = UdpEndpoint.FromSocket(plain, ownsSocket: false))
        {
            poller.Add(endpoint, Readiness.Readable);
            sender.SendTo(Hello, endpoint.LocalEndPoint);
            Find(poller).Should().ContainSingle();
        }

        poller.Count.Should().Be(0);
        Look(poller).Should().BeEmpty();
        plain.Receive(new byte[8]).Should().Be(Hello.Length);
    }

    [Fact]
    public void A_connection_with_a_pipe_or_messages_is_refused_and_refuses_them_while_it_is_in_a_poller()
    {
        using SocketPoller poller = NewPoller();
        using TcpPairUnderTest pair = ConnectPair();
        poller.Add(pair.Client, Readiness.Readable);
        Record.Exception(() => pair.Client.GetPipe()).Should().BeOfType<InvalidOperationException>()
            .Which.Message.Should().Contain(nameof(SocketPoller));
        Record.Exception(() => pair.Client.GetMessages(MessageFraming.Lines)).Should().BeOfType<InvalidOperationException>();
        pair.Accepted.Send(Hello);
        Find(poller).Should().ContainSingle();
        pair.Client.Receive(new byte[8]).Should().Be(Hello.Length, "the connection is as it was");

        poller.Remove(pair.Client);
        pair.Client.GetPipe();
        pair.Accepted.GetMessages(MessageFraming.Lines);
        Record.Exception(() => poller.Add(pair.Client, Readiness.Readable)).Should().BeOfType<NotSupportedException>()
            .Which.Message.Should().Contain("pipe");
        Record.Exception(() => poller.Add(pair.Accepted, Readiness.Readable)).Should().BeOfType<NotSupportedException>()
            .Which.Message.Should().Contain("messages");
        poller.Remove(pair.Client).Should().BeFalse();
        poller.Count.Should().Be(0);
    }

    [Fact]
    public async Task A_connection_with_TLS_is_refused_and_refuses_it_while_it_is_in_a_poller()
    {
        using SocketPoller poller = NewPoller();
        using TcpPairUnderTest pair = ConnectPair();
        poller.Add(pair.Client, Readiness.Readable);
        Exception? refusal = Record.Exception(() => pair.Client.UpgradeToTls(ClientTls));
        refusal.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain(nameof(SocketPoller));
        pair.Accepted.Send(Hello);
        pair.Client.Receive(new byte[8]).Should().Be(Hello.Length, "the connection is as it was");

        poller.Remove(pair.Client);
        Task server = pair.Accepted.UpgradeToTlsAsync(ServerTls);
        await pair.Client.UpgradeToTlsAsync(ClientTls).Within();
        await server.Within();
        foreach (TcpConnection connection in (TcpConnection[])[pair.Client, pair.Accepted])
        {
            Record.Exception(() => poller.Add(connection, Readiness.Readable)).Should().BeOfType<NotSupportedException>()
                .Which.Message.Should().Contain("TLS");
        }
    }

    [Fact]
    public void A_server_is_not_waited_for_as_writable_nor_when_it_speaks_TLS()
    {
        using SocketPoller poller = NewPoller();
        using TcpServer server = ListenAnywhere();
        Record.Exception(() => poller.Add(server, Readiness.Writable)).Should().BeOfType<NotSupportedException>();
        poller.Add(server, Readiness.Readable);
        Record.Exception(() => poller.Modify(server, Readiness.Readable | Readiness.Writable))
            .Should().BeOfType<NotSupportedException>();
        TcpServerOptions options = ServerOptions;
        options.Tls = ServerTls;
        using TcpServer encrypted = Listen(options);
        Record.Exception(() => poller.Add(encrypted, Readiness.Readable)).Should().BeOfType<NotSupportedException>();
        poller.Count.Should().Be(1);
    }

    [Fact]
    public void Bad_arguments_are_refused()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SocketPoller poller = NewPoller();
        poller.Add(pair.Client, Readiness.Writable);
        Exception?[] refusals =
        [
            Record.Exception(() => poller.Add(null!, Readiness.Readable)),
            Record.Exception(() => poller.Add(pair.Accepted, (Readiness)16)),
            Record.Exception(() => poller.Modify(null!, Readiness.Readable)),
            Record.Exception(() => poller.Modify(null!, Readiness.Readable, null)),
            Record.Exception(() => poller.Modify(pair.Client, (Readiness)(-1))),
            Record.Exception(() => poller.Remove(null!)),
            Record.Exception(() => poller.Wait([], TimeSpan.Zero)),
            Record.Exception(() => poller.Wait(new ReadySocket[1], TimeSpan.FromTicks(-1))),
        ];
        refusals.Should().AllBeAssignableTo<ArgumentException>();
        poller.Count.Should().Be(1);
        Find(poller).Should().ContainSingle();
    }

    [Fact]
    public void A_disposed_poller_refuses_every_call_and_leaves_its_sockets_alone()
    {
        using TcpPairUnderTest pair = ConnectPair();
        SocketPoller poller = NewPoller();
        poller.Add(pair.Client, Readiness.Readable);
        poller.Dispose();
        poller.Dispose();
        poller.Wake();
        poller.Count.Should().Be(0);
        poller.Remove(pair.Client).Should().BeFalse();
        Expect.Disposed(Record.Exception(() => poller.Add(pair.Accepted, Readiness.Readable)));
        Expect.Disposed(Record.Exception(() => poller.Modify(pair.Client, Readiness.Readable)));
        Expect.Disposed(Record.Exception(() => poller.Wait(new ReadySocket[1], TimeSpan.Zero)));

        pair.Client.Send(Hello);
        pair.Accepted.Receive(new byte[8]).Should().Be(Hello.Length);
        pair.Client.GetPipe();
    }
}

public sealed class PollerMembershipTests_PortableBySelect : PollerMembershipTests<PortableUnderTest, PortableUnderTest>;

public sealed class PollerMembershipTests_PortableByEpoll : PollerMembershipTests<PortableUnderTest, EpollUnderTest>;

public sealed class PollerMembershipTests_EpollBySelect : PollerMembershipTests<EpollUnderTest, PortableUnderTest>;

public sealed class PollerMembershipTests_EpollByEpoll : PollerMembershipTests<EpollUnderTest, EpollUnderTest>;
