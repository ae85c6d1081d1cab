using System.Net;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>Runs the code of samples/guide/datagrams.md.</summary>
public sealed class DatagramsGuideTests
{
    private readonly byte[] _buffer = new byte[1024];

    public DatagramsGuideTests() => DatagramsSnippets.Printed.Clear();

    [Fact]
    public async Task An_echo_server_answers_until_its_token_fires()
    {
        using var stop = new CancellationTokenSource();
        Task serving = DatagramsSnippets.Echo(0, stop.Token);
        int port = int.Parse(DatagramsSnippets.Printed.Single().Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);

        (await DatagramsSnippets.Ask(port).Within()).Should().Be("how are you?");

        await stop.CancelAsync();
        await new Func<Task>(() => serving.Within()).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task An_enumeration_prints_what_arrives_and_ends_with_its_endpoint()
    {
        using var server = UdpEndpoint.Bind("localhost", 0);
        using var client = UdpEndpoint.Connect("localhost", server.Port);
        Task receiving = DatagramsSnippets.All(server, CancellationToken.None);

        client.Send("hello");
        await Eventually.BeTrueAsync(() => !DatagramsSnippets.Printed.IsEmpty, "the datagram arrives");
        server.Dispose();
        await receiving.Within();

        DatagramsSnippets.Printed.Should().Equal($"{client.LocalEndPoint}: hello");
    }

    [Fact]
    public async Task A_batch_goes_back_to_its_senders()
    {
        using var stop = new CancellationTokenSource();
        using var server = UdpEndpoint.Bind("localhost", 0);
        using var client = UdpEndpoint.Connect("localhost", server.Port);
        Task serving = DatagramsSnippets.Batches(server, stop.Token);

        client.Send("hello");
        (await client.ReceiveAsync(_buffer).Within()).Length.Should().Be(5);
        await stop.CancelAsync();
        await new Func<Task>(() => serving.Within()).Should().ThrowAsync<OperationCanceledException>();

        DatagramsSnippets.Printed.Should().Equal("5 bytes, truncated: False");
    }

    [LinuxFact]
    public async Task A_connected_client_hears_that_nobody_has_the_port_and_stays_usable()
    {
        // An endpoint with another peer keeps the port, and the kernel finds no receiver for anybody else.
        using var holder = UdpEndpoint.Bind("localhost", 0);
        using var other = UdpEndpoint.Bind("localhost", 0);
        holder.ConnectTo(other.LocalEndPoint);

        (await DatagramsSnippets.Ask(holder.Port).Within()).Should().BeNull();

        DatagramsSnippets.Printed.Should().HaveCount(4).And.OnlyContain(
            static line => line.EndsWith("failed: nobody listens there (ConnectionRefused)."));
    }

    [Fact]
    public void A_datagram_that_is_longer_than_the_buffer_says_so()
    {
        using var server = UdpEndpoint.Bind("localhost", 0);
        using var client = UdpEndpoint.Connect("localhost", server.Port);
        client.Send(new byte[600]);
        client.Send("short");
        server.ReceiveTimeout = Limits.Hang;

        DatagramsSnippets.Truncated(server);
        DatagramsSnippets.Truncated(server);

        DatagramsSnippets.Printed.Should().Equal($"the datagram of {client.LocalEndPoint} had more than 512 bytes");
    }

    [Fact]
    public async Task An_address_that_a_receive_has_written_is_where_the_answer_goes()
    {
        using var server = UdpEndpoint.Bind(0);
        using var client = UdpEndpoint.Connect("127.0.0.1", server.Port);
        client.Send("to and fro");

        await DatagramsSnippets.WithoutAllocating(server, new byte[512], CancellationToken.None).Within();

        client.Receive(_buffer, Limits.Hang).Length.Should().Be(10);
    }

    [Fact]
    public void Packet_information_names_the_address_that_a_datagram_was_sent_to()
    {
        using var client = UdpEndpoint.Bind("localhost", 0);

        DatagramsSnippets.WhereTo(0, server =>
        {
            server.ReceiveTimeout = Limits.Hang;
            client.SendTo("x", new IPEndPoint(IPAddress.Loopback, server.Port));
        });

        DatagramsSnippets.Printed.Should().ContainSingle().Which.Should().StartWith("sent to 127.0.0.1, came in by interface ");
    }

    [Fact]
    public void An_answer_goes_from_the_address_that_was_asked()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var server = UdpEndpoint.Bind(0, new UdpEndpointOptions { ReceivePacketInfo = true });
        using var client = UdpEndpoint.Connect("127.0.0.7", server.Port);
        client.Send("?");

        DatagramsSnippets.FromWhereAsked(server, new byte[16], "!"u8.ToArray());

        client.Receive(_buffer).Length.Should().Be(1);
    }

    [Fact]
    public void The_error_queue_tells_which_datagram_was_lost()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        using var endpoint = UdpEndpoint.Bind("localhost", 0, new UdpEndpointOptions { ReceiveErrors = true });
        using var gone = UdpEndpoint.Bind("localhost", 0);
        IPEndPoint dead = gone.LocalEndPoint;
        gone.Dispose();
        endpoint.SendTo("lost", dead);

        DatagramsSnippets.ShowErrors(endpoint);

        DatagramsSnippets.Printed.Should().ContainSingle().Which
            .Should().Be($"4 bytes to {dead}: ConnectionRefused, reported by 127.0.0.1");
    }

    [Fact]
    public void An_endpoint_changes_its_peer_and_gives_it_up()
    {
        using var endpoint = UdpEndpoint.Bind("localhost", 0);
        using var one = UdpEndpoint.Bind("localhost", 0);
        using var another = UdpEndpoint.Bind("localhost", 0);

        DatagramsSnippets.ChangePeer(endpoint, one.LocalEndPoint, another.LocalEndPoint);

        ReceivedBy(one).Should().Be("for one");
        ReceivedBy(one).Should().Be("for one again");
        ReceivedBy(another).Should().Be("for another");
        endpoint.RemoteEndPoint.Should().BeNull();
    }

    /// <summary>On loopback a raw socket may also receive its own request first.</summary>
    [LinuxFact(Root = true)]
    public void An_ICMP_endpoint_receives_an_echo()
    {
        (IcmpMessageKind kind, ushort sequence) = DatagramsSnippets.Ping();

        kind.Should().BeOneOf(IcmpMessageKind.EchoReply, IcmpMessageKind.EchoRequest);
        sequence.Should().Be(1);
    }

    private string ReceivedBy(UdpEndpoint endpoint) =>
        Encoding.UTF8.GetString(_buffer, 0, endpoint.ReceiveFrom(_buffer, Limits.Hang).Length);
}
