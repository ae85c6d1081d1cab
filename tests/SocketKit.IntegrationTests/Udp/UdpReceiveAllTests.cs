using System.Net;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

/// <summary>The enumeration of datagrams, and texts as datagrams.</summary>
public abstract class UdpReceiveAllTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Longest = 65_507;

    [Fact]
    public async Task It_yields_every_datagram_with_its_sender_and_memory_of_its_own()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        byte[][] sent = [[], [1], Payload.Of(1000), Payload.Of(Longest)];
        var received = new List<OwnedDatagram>();

        await foreach (OwnedDatagram datagram in Following(server, i => client.SendTo(sent[i], server.LocalEndPoint), sent.Length))
        {
            received.Add(datagram);
        }

        received.Select(static datagram => datagram.Data.ToArray()).Should().BeEquivalentTo(sent, static all => all.WithStrictOrdering());
        received.Should().OnlyContain(datagram => client.LocalEndPoint.Equals(datagram.RemoteEndPoint) && !datagram.IsTruncated);
        received[1].ToString().Should().Be($"1 bytes from {client.LocalEndPoint}");
        received.ForEach(static datagram => datagram.Dispose());
        received[1].Dispose();
        Record.Exception(() => received[1].Data).Should().BeOfType<ObjectDisposedException>();
        received[1].RemoteEndPoint.Should().Be(client.LocalEndPoint);
    }

    [Fact]
    public async Task It_reports_what_packet_information_says()
    {
        UdpEndpointOptions options = UdpOptions;
        options.ReceivePacketInfo = true;
        using UdpEndpoint server = Bind(options);
        using UdpEndpoint client = Bind();

        await foreach (OwnedDatagram datagram in Following(server, _ => client.SendTo("x"u8, server.LocalEndPoint), 1))
        {
            datagram.LocalAddress.Should().Be(IPAddress.Loopback);
            datagram.InterfaceIndex.Should().BePositive();
        }
    }

    [Fact]
    public async Task Disposing_the_endpoint_ends_it_quietly()
    {
        using UdpEndpoint server = Bind();
        await using IAsyncEnumerator<OwnedDatagram> all = server.ReceiveAllAsync().GetAsyncEnumerator();
        Task<bool> next = all.MoveNextAsync().AsTask();
        next.IsCompleted.Should().BeFalse();

        server.Dispose();

        (await next.Within()).Should().BeFalse();
        await using IAsyncEnumerator<OwnedDatagram> none = server.ReceiveAllAsync().GetAsyncEnumerator();
        (await none.MoveNextAsync()).Should().BeFalse();
    }

    [Fact]
    public async Task A_token_ends_it_and_no_datagram_is_lost()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        using var source = new CancellationTokenSource();
        await using IAsyncEnumerator<OwnedDatagram> all = server.ReceiveAllAsync(source.Token).GetAsyncEnumerator(CancellationToken.None);
        Task<bool> next = all.MoveNextAsync().AsTask();

        source.Cancel();

        await Expect.Canceled(next, source.Token);
        client.SendTo("x"u8, server.LocalEndPoint);
        (await server.ReceiveFromAsync(new byte[1]).Within()).Length.Should().Be(1);
    }

    [Fact]
    public async Task A_time_out_between_two_datagrams_ends_it()
    {
        using UdpEndpoint server = Bind();
        server.ReceiveTimeout = Moment;
        await using IAsyncEnumerator<OwnedDatagram> all = server.ReceiveAllAsync().GetAsyncEnumerator();

        await Expect.Timeout(all.MoveNextAsync().AsTask());
    }

    [LinuxFact]
    public async Task An_ICMP_error_about_a_datagram_that_was_sent_does_not_end_it()
    {
        IPEndPoint dead = DeadEndPoint();
        using UdpEndpoint client = UdpEndpoint.Connect("127.0.0.1", dead.Port, UdpOptions);
        await using IAsyncEnumerator<OwnedDatagram> all = client.ReceiveAllAsync().GetAsyncEnumerator();
        Task<bool> next = all.MoveNextAsync().AsTask();

        // The answer is "port unreachable", which a receive of a connected endpoint reports.
        client.Send("x"u8);
        using UdpEndpoint late = UdpEndpoint.Bind(dead, UdpOptions);
        late.SendTo("here"u8, client.LocalEndPoint);

        (await next.Within()).Should().BeTrue();
        using OwnedDatagram datagram = all.Current;
        datagram.Data.ToArray().Should().Equal("here"u8.ToArray());
    }

    [Fact]
    public async Task A_receive_beside_it_is_refused()
    {
        using UdpEndpoint server = Bind();
        await using IAsyncEnumerator<OwnedDatagram> all = server.ReceiveAllAsync().GetAsyncEnumerator();
        Task<bool> next = all.MoveNextAsync().AsTask();

        Record.Exception(() => server.TryReceiveFrom(new byte[1], out _)).Should().BeOfType<InvalidOperationException>();

        server.Dispose();
        await next.Within();
    }

    [Theory]
    [InlineData("")]
    [InlineData("text")]
    [InlineData("你好，世界")]
    public async Task A_text_is_one_datagram_of_UTF_8_in_every_form(string text)
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        using UdpEndpoint connected = ConnectedTo(server);
        int length = Encoding.UTF8.GetByteCount(text);
        Func<Task<int>>[] sends =
        [
            () => Task.FromResult(client.SendTo(text, server.LocalEndPoint)),
            () => Task.FromResult(client.SendTo(text, server.LocalEndPoint.Serialize())),
            () => client.SendToAsync(text, server.LocalEndPoint).AsTask(),
            () => client.SendToAsync(text, server.LocalEndPoint.Serialize()).AsTask(),
            () => Task.FromResult(connected.Send(text)),
            () => connected.SendAsync(text).AsTask(),
        ];

        foreach (Func<Task<int>> send in sends)
        {
            (await send().Within()).Should().Be(length);
            byte[] buffer = new byte[100];
            ReceivedDatagram received = await server.ReceiveFromAsync(buffer).Within();
            Encoding.UTF8.GetString(buffer, 0, received.Length).Should().Be(text);
        }
    }

    [Fact]
    public void A_text_that_is_none_or_has_no_receiver_is_refused_at_once()
    {
        using UdpEndpoint endpoint = Bind();
        Action[] calls =
        [
            () => endpoint.Send((string)null!),
            () => endpoint.SendTo((string)null!, endpoint.LocalEndPoint),
            () => _ = endpoint.SendAsync((string)null!).AsTask(),
            () => _ = endpoint.SendToAsync((string)null!, endpoint.LocalEndPoint).AsTask(),
            () => endpoint.SendTo("x", (EndPoint)null!),
            () => _ = endpoint.SendToAsync("x", (EndPoint)null!).AsTask(),
        ];

        calls.Select(Record.Exception).Should().AllBeOfType<ArgumentNullException>();
        Action send = () => endpoint.Send("x");
        Action begin = () => _ = endpoint.SendAsync("x").AsTask();
        send.Should().ThrowExactly<InvalidOperationException>("it has no peer");
        begin.Should().ThrowExactly<InvalidOperationException>("it has no peer");
    }

    /// <summary>Sends a datagram, takes it from the enumeration, and so on.</summary>
    private static async IAsyncEnumerable<OwnedDatagram> Following(UdpEndpoint server, Action<int> send, int count)
    {
        await using IAsyncEnumerator<OwnedDatagram> all = server.ReceiveAllAsync().GetAsyncEnumerator();
        for (int i = 0; i < count; i++)
        {
            send(i);
            (await all.MoveNextAsync().AsTask().Within()).Should().BeTrue();
            yield return all.Current;
        }
    }
}

public sealed class UdpReceiveAllTests_Portable : UdpReceiveAllTests<PortableUnderTest>;

public sealed class UdpReceiveAllTests_PortableWithoutSystemCalls : UdpReceiveAllTests<PortableWithoutSystemCalls>;

public sealed class UdpReceiveAllTests_Epoll : UdpReceiveAllTests<EpollUnderTest>;
