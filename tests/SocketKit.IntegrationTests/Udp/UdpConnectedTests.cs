using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

public abstract class UdpConnectedTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public void An_endpoint_is_opened_for_an_address_that_is_known()
    {
        using UdpEndpoint server = Bind();
        var mapped = new IPEndPoint(IPAddress.Loopback.MapToIPv6(), server.Port);
        foreach (IPEndPoint remote in new[] { server.LocalEndPoint, mapped })
        {
            UdpEndpointOptions options = UdpOptions;
            options.ReceiveTimeout = Moment;
            using UdpEndpoint client = UdpEndpoint.Connect(remote, options);

            client.RemoteEndPoint.Should().Be(server.LocalEndPoint);
            client.ReceiveTimeout.Should().Be(Moment);
            client.Send("x"u8);
            server.ReceiveFrom(new byte[1]).RemoteEndPoint.Should().Be(client.LocalEndPoint);
        }
    }

    [Fact]
    public void An_address_that_cannot_be_had_fails_as_a_name_does()
    {
        // Without SO_BROADCAST the kernel refuses this address at connect(2).
        var broadcast = new IPEndPoint(IPAddress.Broadcast, 9);

        SocketConnectException failure = Record.Exception(() => UdpEndpoint.Connect(broadcast, UdpOptions))
            .Should().BeOfType<SocketConnectException>().Subject;

        failure.Message.Should().StartWith($"connect to {broadcast} failed: ");
        failure.Attempts.Should().ContainSingle().Which.EndPoint.Should().Be(broadcast);
        Record.Exception(() => UdpEndpoint.Connect((IPEndPoint)null!)).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => UdpEndpoint.Connect(new IPEndPoint(IPAddress.Loopback, 0))).Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => UdpEndpoint.Connect(broadcast, new UdpEndpointOptions { SendBufferSize = 0 }))
            .Should().BeOfType<ArgumentOutOfRangeException>();
    }

    [Fact]
    public async Task Connected_endpoints_need_no_address()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = ConnectedTo(server);
        byte[] buffer = new byte[16];

        client.RemoteEndPoint.Should().Be(server.LocalEndPoint);
        client.LocalEndPoint.Address.Should().Be(IPAddress.Loopback);
        client.Send("1"u8).Should().Be(1);
        ReceivedDatagram first = server.ReceiveFrom(buffer);
        server.ConnectTo((IPEndPoint)first.RemoteEndPoint!);
        server.TrySend("22"u8, out int sent).Should().BeTrue();
        sent.Should().Be(2);
        (await server.SendAsync("333"u8.ToArray()).Within()).Should().Be(3);

        client.Receive(buffer).RemoteEndPoint.Should().Be(server.LocalEndPoint);
        (await client.ReceiveAsync(buffer).Within()).Length.Should().Be(3);
        client.TryReceive(buffer, out _).Should().BeFalse();
    }

    [Fact]
    public async Task Without_a_peer_send_and_receive_are_refused()
    {
        using UdpEndpoint alone = Bind();

        alone.RemoteEndPoint.Should().BeNull();
        new Action(() => alone.Send("x"u8)).Should().Throw<InvalidOperationException>().WithMessage("*not connected*SendTo*");
        new Action(() => alone.TrySend("x"u8, out _)).Should().Throw<InvalidOperationException>();
        new Action(() => alone.Receive(new byte[1])).Should().Throw<InvalidOperationException>().WithMessage("*ReceiveFrom*");
        new Action(() => alone.TryReceive(new byte[1], out _)).Should().Throw<InvalidOperationException>();
        await new Func<Task>(() => alone.SendAsync("x"u8.ToArray()).Within()).Should().ThrowAsync<InvalidOperationException>();
        await new Func<Task>(() => alone.ReceiveAsync(new byte[1]).Within()).Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public void A_connected_endpoint_sends_to_its_peer_only()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint other = Bind();
        using UdpEndpoint client = ConnectedTo(server);

        client.SendTo("same"u8, server.LocalEndPoint).Should().Be(4);
        client.SendTo("same"u8, server.LocalEndPoint.Serialize()).Should().Be(4);
        new Action(() => client.SendTo("other"u8, other.LocalEndPoint))
            .Should().Throw<InvalidOperationException>().WithMessage("*connected*");
        new Action(() => client.TrySendTo("other"u8, other.LocalEndPoint.Serialize(), out _)).Should().Throw<InvalidOperationException>();
        other.TryReceiveFrom(new byte[8], out _).Should().BeFalse();
    }

    [Fact]
    public void Connecting_again_changes_the_peer_and_keeps_the_port()
    {
        using UdpEndpoint first = Bind();
        using UdpEndpoint second = Bind();
        using UdpEndpoint client = ConnectedTo(first);
        int port = client.Port;
        byte[] buffer = new byte[16];

        client.ConnectTo(second.LocalEndPoint);
        client.Send("2nd"u8);
        second.ReceiveFrom(buffer).RemoteEndPoint.Should().Be(client.LocalEndPoint);
        first.SendTo("not for you any more"u8, client.LocalEndPoint);
        second.SendTo("hello"u8, client.LocalEndPoint);

        client.Port.Should().Be(port);
        client.RemoteEndPoint.Should().Be(second.LocalEndPoint);
        client.Receive(buffer).Length.Should().Be(5);
    }

    [Fact]
    public void Disconnecting_lets_everybody_in_again_and_keeps_the_port()
    {
        using UdpEndpoint first = Bind();
        using UdpEndpoint second = Bind();
        using UdpEndpoint client = Bind(UdpOptions);
        int port = client.Port;
        client.ConnectTo(first.LocalEndPoint);

        client.Disconnect();
        second.SendTo("hello"u8, new IPEndPoint(IPAddress.Loopback, port));

        client.Port.Should().Be(port);
        client.RemoteEndPoint.Should().BeNull();
        client.ReceiveTimeout = Limits.Hang;
        client.ReceiveFrom(new byte[16]).RemoteEndPoint.Should().Be(second.LocalEndPoint);
    }

    [Fact]
    public async Task A_refusal_is_reported_once_and_the_endpoint_lives_on()
    {
        IPEndPoint dead = DeadEndPoint();
        using UdpEndpoint client = UdpEndpoint.Connect("127.0.0.1", dead.Port, UdpOptions);
        client.Timeout = Limits.Hang;
        byte[] buffer = new byte[16];

        client.Send("anybody?"u8);
        Refused(() => client.Receive(buffer)).Message.Should().Contain("nobody listens").And.Contain(dead.ToString());
        client.TryReceive(buffer, out _).Should().BeFalse();

        client.Send("anybody?"u8);
        client.WaitReadable(Limits.Hang).Should().BeTrue();
        Refused(() => client.Send("still nobody?"u8));

        // The datagrams above may have been refused again.
        while (client.WaitReadable(TimeSpan.Zero))
        {
            Refused(() => client.Receive(buffer));
        }

        ValueTask<ReceivedDatagram> pending = client.ReceiveAsync(buffer);
        client.Send("anybody now?"u8);
        (await new Func<Task>(() => pending.Within()).Should().ThrowAsync<System.Net.Sockets.SocketException>())
            .Which.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);

        using UdpEndpoint server = Bind();
        client.RemoteEndPoint.Should().Be(dead);
        client.ConnectTo(server.LocalEndPoint);
        client.Send("you?"u8);
        server.ReceiveFrom(buffer).RemoteEndPoint.Should().Be(client.LocalEndPoint);
        server.SendTo("yes"u8, client.LocalEndPoint);
        client.Receive(buffer).Length.Should().Be(3);
    }

    [Fact]
    public void Without_a_peer_nobody_s_refusal_is_reported()
    {
        using UdpEndpoint sender = Bind();
        IPEndPoint dead = DeadEndPoint();
        sender.ReceiveTimeout = Moment;

        for (int i = 0; i < 5; i++)
        {
            sender.SendTo("anybody?"u8, dead);
        }

        new Action(() => sender.ReceiveFrom(new byte[8])).Should().Throw<SocketTimeoutException>();
        sender.SendTo("me"u8, sender.LocalEndPoint);
        sender.ReceiveFrom(new byte[8]).Length.Should().Be(2);
    }

    [Fact]
    public void Unknown_name_or_wrong_port_says_so()
    {
        new Action(() => UdpEndpoint.Connect("no-such-host.invalid", 9, UdpOptions))
            .Should().Throw<SocketConnectException>().Which.Attempts.Should().BeEmpty();
        new Action(() => UdpEndpoint.Connect("localhost", 0, UdpOptions)).Should().Throw<ArgumentOutOfRangeException>();
    }

    private static System.Net.Sockets.SocketException Refused(Action call)
    {
        System.Net.Sockets.SocketException thrown = call.Should().Throw<System.Net.Sockets.SocketException>().Which;
        thrown.SocketErrorCode.Should().Be(SocketError.ConnectionRefused);
        return thrown;
    }
}

public sealed class UdpConnectedTests_Portable : UdpConnectedTests<PortableUnderTest>;

public sealed class UdpConnectedTests_Epoll : UdpConnectedTests<EpollUnderTest>;
