using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

public abstract class UdpReceiveTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public void The_sender_that_a_receive_shows_is_where_the_datagram_came_from()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        byte[] buffer = new byte[64];

        client.SendTo("ping"u8, server.LocalEndPoint).Should().Be(4);
        ReceivedDatagram request = server.ReceiveFrom(buffer);
        server.SendTo(buffer.AsSpan(0, request.Length), request.RemoteEndPoint!);
        ReceivedDatagram reply = client.ReceiveFrom(buffer);

        request.RemoteEndPoint.Should().Be(client.LocalEndPoint);
        request.IsTruncated.Should().BeFalse();
        reply.RemoteEndPoint.Should().Be(server.LocalEndPoint);
        buffer.AsSpan(0, reply.Length).SequenceEqual("ping"u8).Should().BeTrue();
    }

    [Fact]
    public async Task Async_calls_give_the_same_also_when_they_wait()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        byte[] buffer = new byte[64];

        for (int i = 0; i < 50; i++)
        {
            ValueTask<ReceivedDatagram> pending = server.ReceiveFromAsync(buffer);
            (await client.SendToAsync("ping"u8.ToArray(), server.LocalEndPoint).Within()).Should().Be(4);
            ReceivedDatagram received = await pending.Within();
            received.Length.Should().Be(4);
            received.RemoteEndPoint.Should().Be(client.LocalEndPoint);
        }
    }

    [Fact]
    public async Task The_address_that_a_receive_writes_can_be_sent_to()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        byte[] buffer = new byte[64];
        var from = new SocketAddress(AddressFamily.InterNetwork);

        client.SendTo("one"u8, server.LocalEndPoint.Serialize());
        server.ReceiveFrom(buffer, from).RemoteEndPoint.Should().BeNull();
        server.SendTo("1"u8, from);
        client.TrySendTo("two"u8, server.LocalEndPoint.Serialize(), out int sent).Should().BeTrue();
        sent.Should().Be(3);
        (await server.ReceiveFromAsync(buffer, from).Within()).Length.Should().Be(3);
        await server.SendToAsync("22"u8.ToArray(), from).Within();

        client.ReceiveFrom(buffer).Length.Should().Be(1);
        client.ReceiveFrom(buffer).Length.Should().Be(2);
        server.LocalEndPoint.Create(from).Should().Be(client.LocalEndPoint);
    }

    [Fact]
    public async Task A_datagram_without_content_is_a_datagram()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        byte[] buffer = new byte[64];

        for (int i = 0; i < 3; i++)
        {
            client.SendTo([], server.LocalEndPoint).Should().Be(0);
        }

        ReceivedDatagram plain = server.ReceiveFrom(buffer);
        server.TryReceiveFrom(buffer, out ReceivedDatagram tried).Should().BeTrue();
        ReceivedDatagram awaited = await server.ReceiveFromAsync(buffer).Within();

        foreach (ReceivedDatagram datagram in new[] { plain, tried, awaited })
        {
            datagram.Length.Should().Be(0);
            datagram.IsTruncated.Should().BeFalse();
            datagram.RemoteEndPoint.Should().Be(client.LocalEndPoint);
        }

        server.TryReceiveFrom(buffer, out _).Should().BeFalse();
    }

    [Fact]
    public async Task A_pending_receive_ends_with_a_datagram_without_content()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();

        ValueTask<ReceivedDatagram> pending = server.ReceiveFromAsync(new byte[8]);
        client.SendTo([], server.LocalEndPoint);

        (await pending.Within()).RemoteEndPoint.Should().Be(client.LocalEndPoint);
    }

    [Fact]
    public async Task A_cut_datagram_is_reported_on_every_path()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        server.ConnectTo(client.LocalEndPoint);
        byte[] message = [.. Enumerable.Range(0, 500).Select(static i => (byte)i)];
        byte[] buffer = new byte[100];
        var from = new SocketAddress(AddressFamily.InterNetwork);
        for (int i = 0; i < 9; i++)
        {
            client.SendTo(message, server.LocalEndPoint);
        }

        var received = new List<ReceivedDatagram>
        {
            server.PeekFrom(buffer),
            server.ReceiveFrom(buffer),
            server.ReceiveFrom(buffer, from),
            server.Receive(buffer),
            await server.ReceiveFromAsync(buffer).Within(),
            await server.ReceiveFromAsync(buffer, from).Within(),
            await server.ReceiveAsync(buffer).Within(),
        };
        server.TryReceiveFrom(buffer, out ReceivedDatagram tried).Should().BeTrue();
        received.Add(tried);
        server.TryReceiveFrom(buffer, from, out tried).Should().BeTrue();
        received.Add(tried);
        server.TryReceive(buffer, out tried).Should().BeTrue();
        received.Add(tried);
        ValueTask<ReceivedDatagram> pending = server.ReceiveFromAsync(buffer);
        client.SendTo(message, server.LocalEndPoint);
        received.Add(await pending.Within());

        received.Should().AllSatisfy(static datagram =>
        {
            datagram.IsTruncated.Should().BeTrue();
            datagram.Length.Should().Be(100);
        });
        buffer.Should().Equal(message[..100]);
    }

    [Fact]
    public void A_datagram_that_just_fits_is_not_cut()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        byte[] buffer = new byte[10];

        client.SendTo("exactly 10"u8, server.LocalEndPoint);
        ReceivedDatagram fits = server.ReceiveFrom(buffer);
        client.SendTo("xxxxxxxxxx!"u8, server.LocalEndPoint);
        ReceivedDatagram cut = server.ReceiveFrom(buffer);
        client.SendTo("in part"u8, server.LocalEndPoint);
        ReceivedDatagram part = server.ReceiveFrom(buffer.AsSpan(2, 7));

        (fits.Length, fits.IsTruncated).Should().Be((10, false));
        (cut.Length, cut.IsTruncated).Should().Be((10, true));
        (part.Length, part.IsTruncated).Should().Be((7, false));
        buffer.AsSpan(0, 9).SequenceEqual("xxin part"u8).Should().BeTrue();
    }

    [Fact]
    public async Task An_empty_buffer_takes_a_datagram_and_says_that_it_was_cut()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        for (int i = 0; i < 2; i++)
        {
            client.SendTo("gone"u8, server.LocalEndPoint);
        }

        ReceivedDatagram plain = server.ReceiveFrom([]);
        ReceivedDatagram awaited = await server.ReceiveFromAsync(Memory<byte>.Empty).Within();

        (plain.Length, plain.IsTruncated).Should().Be((0, true));
        (awaited.Length, awaited.IsTruncated).Should().Be((0, true));
        server.TryReceiveFrom(new byte[8], out _).Should().BeFalse();
    }

    [Fact]
    public void Peeking_keeps_the_datagram()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        byte[] buffer = new byte[64];
        client.SendTo("stay"u8, server.LocalEndPoint);

        ReceivedDatagram peeked = server.PeekFrom(buffer);
        server.PeekFrom(buffer.AsSpan(0, 2)).IsTruncated.Should().BeTrue();
        ReceivedDatagram received = server.ReceiveFrom(buffer);

        peeked.Should().Be(received);
        received.Length.Should().Be(4);
        server.TryReceiveFrom(buffer, out _).Should().BeFalse();
    }

    [Fact]
    public void Largest_datagram_arrives_whole()
    {
        using UdpEndpoint server = Bind(new UdpEndpointOptions { Engine = Engine, ReceiveBufferSize = 1 << 20 });
        using UdpEndpoint client = Bind(new UdpEndpointOptions { Engine = Engine, SendBufferSize = 1 << 20 });
        byte[] message = new byte[65_507];
        Random.Shared.NextBytes(message);
        byte[] buffer = new byte[65_536];

        client.SendTo(message, server.LocalEndPoint).Should().Be(message.Length);
        ReceivedDatagram received = server.ReceiveFrom(buffer);

        received.Length.Should().Be(message.Length);
        received.IsTruncated.Should().BeFalse();
        buffer.AsSpan(0, received.Length).SequenceEqual(message).Should().BeTrue();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_second_receive_of_any_kind_is_refused_and_the_first_goes_on(bool fromPeer)
    {
        using UdpEndpoint peer = Bind();
        using UdpEndpoint reader = ConnectedTo(peer);
        byte[] buffer = new byte[8];
        byte[] untouched = new byte[8];
        SocketAddress from = reader.LocalEndPoint.Serialize();
        Task<ReceivedDatagram> first = fromPeer ? reader.ReceiveAsync(buffer).AsTask() : reader.ReceiveFromAsync(buffer).AsTask();

        Exception?[] refused =
        [
            Record.Exception(() => reader.ReceiveFrom(untouched)),
            Record.Exception(() => reader.ReceiveFrom(untouched, from)),
            Record.Exception(() => reader.TryReceiveFrom(untouched, out _)),
            Record.Exception(() => reader.PeekFrom(untouched)),
            Record.Exception(() => reader.Receive(untouched)),
            Record.Exception(() => reader.TryReceive(untouched, out _)),
            await Expect.Failure(reader.ReceiveFromAsync(untouched).AsTask()),
            await Expect.Failure(reader.ReceiveFromAsync(untouched, from).AsTask()),
            await Expect.Failure(reader.ReceiveAsync(untouched).AsTask()),
        ];
        peer.SendTo("datagram"u8, reader.LocalEndPoint);

        (await first.Within()).Length.Should().Be(8);
        buffer.Should().Equal("datagram"u8.ToArray());
        untouched.Should().OnlyContain(static value => value == 0);
        refused.Should().AllSatisfy(static refusal =>
            refusal.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain("another receive"));
    }

    [Fact]
    public void A_socket_address_that_is_too_small_is_refused_before_anything_is_taken()
    {
        using UdpEndpoint server = Bind();
        using UdpEndpoint client = Bind();
        client.SendTo("x"u8, server.LocalEndPoint);
        var small = new SocketAddress(AddressFamily.InterNetwork, 8);

        Action receive = () => server.ReceiveFrom(new byte[8], small);
        Action receiveAsync = () => server.ReceiveFromAsync(new byte[8], small).AsTask();
        Action send = () => server.SendTo("x"u8, small);

        receive.Should().Throw<ArgumentException>().WithMessage("*too small*");
        receiveAsync.Should().Throw<ArgumentException>();
        send.Should().Throw<ArgumentException>();
        server.TryReceiveFrom(new byte[8], out _).Should().BeTrue();
    }
}

public sealed class UdpReceiveTests_Portable : UdpReceiveTests<PortableUnderTest>;

public sealed class UdpReceiveTests_PortableWithoutSystemCalls : UdpReceiveTests<PortableWithoutSystemCalls>;

public sealed class UdpReceiveTests_Epoll : UdpReceiveTests<EpollUnderTest>;
