using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>Datagrams that name their source. On Linux all of 127.0.0.0/8 are addresses of this machine.</summary>
public abstract class UdpSourceTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly IPAddress s_asked = IPAddress.Parse("127.0.0.7");

    /// <summary>Of a network for documentation (RFC 5737), which no machine has.</summary>
    private static readonly IPAddress s_foreign = IPAddress.Parse("192.0.2.1");

    protected virtual bool HasSources => OperatingSystem.IsLinux();

    [LinuxTheory]
    [InlineData("0.0.0.0")]
    [InlineData("::")]
    public void A_server_on_all_addresses_answers_from_where_it_was_asked(string bound)
    {
        if (!HasSources)
        {
            return;
        }

        UdpEndpointOptions options = UdpOptions;
        options.ReceivePacketInfo = true;
        using var server = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Parse(bound), 0), options);
        using var client = UdpEndpoint.Connect(new IPEndPoint(s_asked, server.Port), UdpOptions);
        byte[] buffer = new byte[16];

        client.Send("?"u8);
        ReceivedDatagram question = server.ReceiveFrom(buffer);
        server.SendTo("!"u8, (IPEndPoint)question.RemoteEndPoint!, question.LocalAddress!);

        // A connected socket takes datagrams of its peer's address alone.
        client.Receive(buffer).Length.Should().Be(1);
    }

    [LinuxTheory]
    [MemberData(nameof(SourceSends.Shapes), MemberType = typeof(SourceSends))]
    public async Task Every_shape_sends_from_the_given_address(string shape)
    {
        if (!HasSources)
        {
            return;
        }

        using UdpEndpoint receiver = Bind();
        using var sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), UdpOptions);

        (await SourceSends.SendAsync(sender, shape, receiver.LocalEndPoint, s_asked)).Should().Be(1);

        receiver.ReceiveFrom(new byte[4]).RemoteEndPoint.Should().Be(new IPEndPoint(s_asked, sender.Port));
    }

    [LinuxTheory]
    [MemberData(nameof(SourceSends.Shapes), MemberType = typeof(SourceSends))]
    public async Task A_source_of_another_machine_is_refused_and_the_endpoint_stays_usable(string shape)
    {
        if (!HasSources)
        {
            return;
        }

        using UdpEndpoint receiver = Bind();
        using var sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), UdpOptions);

        SocketOperationException failure =
            (await new Func<Task>(() => SourceSends.SendAsync(sender, shape, receiver.LocalEndPoint, s_foreign)).Should()
                .ThrowAsync<SocketOperationException>()).Which;

        failure.SocketErrorCode.Should().Be(SocketError.AddressNotAvailable);
        failure.Operation.Should().Be("send");
        failure.Message.Should().Contain($"from {s_foreign}").And.Contain("no address of this machine");
        (await SourceSends.SendAsync(sender, shape, receiver.LocalEndPoint, IPAddress.Any)).Should().Be(1);
        receiver.ReceiveFrom(new byte[4]).Length.Should().Be(1);
    }

    [Theory]
    [MemberData(nameof(SourceSends.Shapes), MemberType = typeof(SourceSends))]
    public async Task The_address_that_the_endpoint_is_bound_to_is_a_source_everywhere(string shape)
    {
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = Bind();

        (await SourceSends.SendAsync(sender, shape, receiver.LocalEndPoint, IPAddress.Loopback)).Should().Be(1);

        receiver.ReceiveFrom(new byte[4]).RemoteEndPoint.Should().Be(sender.LocalEndPoint);
    }

    [Theory]
    [MemberData(nameof(SourceSends.Shapes), MemberType = typeof(SourceSends))]
    public async Task Where_the_system_takes_no_source_another_one_is_refused(string shape)
    {
        if (HasSources)
        {
            return;
        }

        using UdpEndpoint sender = Bind();

        SocketOperationException failure =
            (await new Func<Task>(() => SourceSends.SendAsync(sender, shape, sender.LocalEndPoint, s_asked)).Should()
                .ThrowAsync<SocketOperationException>()).Which;

        failure.SocketErrorCode.Should().Be(SocketError.OperationNotSupported);
        failure.Message.Should().Contain($"from {s_asked}");
    }

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("255.255.255.255")]
    [InlineData("239.1.2.3")]
    public void What_is_no_address_of_one_machine_leaves_the_choice_to_the_system(string from)
    {
        using UdpEndpoint receiver = Bind();
        using var sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), UdpOptions);

        sender.SendTo("x"u8, receiver.LocalEndPoint, IPAddress.Parse(from)).Should().Be(1);

        receiver.ReceiveFrom(new byte[4]).RemoteEndPoint.Should().Be(new IPEndPoint(IPAddress.Loopback, sender.Port));
    }

    [Fact]
    public void A_source_of_the_other_family_is_refused_before_any_call()
    {
        using UdpEndpoint sender = Bind();

        Action send = () => sender.SendTo("x"u8, sender.LocalEndPoint, IPAddress.IPv6Loopback);

        send.Should().Throw<ArgumentException>().WithParameterName("from").WithMessage("*InterNetwork*InterNetworkV6*");
    }

    [LinuxFact]
    public void A_source_that_throws_does_not_hide_the_systems_error()
    {
        using UdpEndpoint receiver = Bind();
        using UdpEndpoint sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), UdpOptions);
        var own = new ThrowingAddress(HasSources ? s_asked : IPAddress.Any);

        sender.SendTo("x"u8, receiver.LocalEndPoint, own).Should().Be(1);

        sender.Invoking(endpoint => endpoint.SendTo("x"u8, receiver.LocalEndPoint, new ThrowingAddress(s_foreign)))
            .Should().Throw<SocketOperationException>().WithMessage($"*from {s_foreign}*");
    }

    [LinuxFact]
    public void A_connected_endpoint_sends_to_its_peer_from_the_given_address()
    {
        if (!HasSources)
        {
            return;
        }

        using UdpEndpoint receiver = Bind();
        using var sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), UdpOptions);
        sender.ConnectTo(receiver.LocalEndPoint);

        sender.SendTo("x"u8, receiver.LocalEndPoint, s_asked).Should().Be(1);

        receiver.ReceiveFrom(new byte[4]).RemoteEndPoint.Should().Be(new IPEndPoint(s_asked, sender.Port));
    }

    [LinuxFact]
    public void A_send_from_a_given_address_allocates_nothing()
    {
        if (!HasSources)
        {
            return;
        }

        using UdpEndpoint receiver = Bind();
        using var sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), UdpOptions);
        byte[] buffer = new byte[16];
        var from = new SocketAddress(AddressFamily.InterNetwork);
        IPEndPoint to = receiver.LocalEndPoint;

        Allocations.Of(() =>
        {
            sender.SendTo(buffer, to, s_asked);
            receiver.ReceiveFrom(buffer, from);
        }).Should().Be(0);
    }
}

/// <summary>An address of the caller's own kind.</summary>
internal sealed class ThrowingAddress(IPAddress real) : IPAddress(real.GetAddressBytes())
{
    public override string ToString() => throw new InvalidOperationException(ThrowingIPEndPoint.Text);

    public override bool Equals(object? comparand) => throw new InvalidOperationException(ThrowingIPEndPoint.Text);

    public override int GetHashCode() => throw new InvalidOperationException(ThrowingIPEndPoint.Text);
}

/// <summary>The shapes of a send that names its source.</summary>
public static class SourceSends
{
    public static TheoryData<string> Shapes => ["SendTo", "TrySendTo", "SendToAsync"];

    public static async Task<int> SendAsync(UdpEndpoint sender, string shape, IPEndPoint to, IPAddress from)
    {
        switch (shape)
        {
            case "SendTo":
                return sender.SendTo("x"u8, to, from);
            case "TrySendTo":
                sender.TrySendTo("x"u8, to, from, out int sent).Should().BeTrue();
                return sent;
            default:
                return await sender.SendToAsync("x"u8.ToArray(), to, from);
        }
    }
}

public sealed class UdpSourceTests_Portable : UdpSourceTests<PortableUnderTest>;

public sealed class UdpSourceTests_Epoll : UdpSourceTests<EpollUnderTest>;

public sealed class UdpSourceTests_WithoutSystemCalls : UdpSourceTests<PortableWithoutSystemCalls>
{
    protected override bool HasSources => false;
}
