using System.Net.Sockets;
using System.Security.Authentication;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>How TLS connections end, for both sides.</summary>
public abstract class EndTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [MemberData(nameof(TlsCases.Shapes), MemberType = typeof(TlsCases))]
    public async Task An_end_with_close_notify_is_an_end(SslProtocols protocol, CallShape shape)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, protocol);
        byte[] data = await pair.SealAsync("last"u8.ToArray());
        byte[] end = await pair.SealEndAsync();
        await pair.SendAsync((byte[])[.. data, .. end, .. "anything"u8]);

        (await pair.Connection.ReadToEnd(shape).Within()).Should().Equal("last"u8.ToArray());
        pair.Connection.CloseReason.Should().Be(CloseReason.PeerFinished);
        (await pair.Connection.ReceiveBy(shape, new byte[1]).Within()).Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(TlsCases.Shapes), MemberType = typeof(TlsCases))]
    public async Task An_end_without_close_notify_is_told_after_the_data(SslProtocols protocol, CallShape shape)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, protocol);
        await pair.SendAsync(await pair.SealAsync("last"u8.ToArray()));
        pair.Transport.Socket.Shutdown(SocketShutdown.Send);
        byte[] buffer = new byte[16];

        (await pair.Connection.ReceiveBy(shape, buffer).Within()).Should().Be(4);
        for (int i = 0; i < 2; i++)
        {
            SocketOperationException told =
                await Expect.Socket(pair.Connection.ReceiveBy(shape, buffer), SocketError.ConnectionAborted);
            told.Message.Should().Contain("close_notify").And.Contain("AllowTruncation");
            told.RemoteEndPoint.Should().Be(pair.Connection.RemoteEndPoint);
            told.IsDisconnect().Should().BeTrue();
        }

        pair.Connection.CloseReason.Should().Be(CloseReason.Error);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_end_without_close_notify_before_any_byte_may_be_a_refusal(bool peeks)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, SslProtocols.Tls13);
        byte[] buffer = new byte[16];
        if (peeks)
        {
            await pair.SendAsync(await pair.SealAsync("x"u8.ToArray()));
            pair.Connection.Peek(buffer).Should().Be(1);
            pair.Connection.Receive(buffer).Should().Be(1);
        }

        pair.Transport.Socket.Shutdown(SocketShutdown.Send);

        SocketOperationException told =
            await Expect.Socket(pair.Connection.ReceiveAsync(buffer).AsTask(), SocketError.ConnectionAborted);
        if (peeks)
        {
            told.Message.Should().Contain("bytes may be missing").And.NotContain("refused");
        }
        else
        {
            told.Message.Should().Contain("may have refused the handshake, or the certificate of this side").And.Contain("AllowTruncation");
        }
    }

    [Theory]
    [MemberData(nameof(TlsCases.Shapes), MemberType = typeof(TlsCases))]
    public async Task An_end_without_close_notify_is_an_end_if_the_options_say_so(SslProtocols protocol, CallShape shape)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, protocol, static options => options.AllowTruncation = true);
        await pair.SendAsync(await pair.SealAsync("last"u8.ToArray()));
        pair.Transport.Socket.Shutdown(SocketShutdown.Send);

        (await pair.Connection.ReadToEnd(shape).Within()).Should().Equal("last"u8.ToArray());
        pair.Connection.CloseReason.Should().Be(CloseReason.PeerFinished);
    }

    [Theory]
    [MemberData(nameof(TlsCases.Shapes), MemberType = typeof(TlsCases))]
    public async Task An_end_inside_a_record_is_never_clean(SslProtocols protocol, CallShape shape)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, protocol, static options => options.AllowTruncation = true);
        byte[] record = await pair.SealAsync("last"u8.ToArray());
        await pair.SendAsync(record.AsMemory(0, record.Length - 2));
        pair.Transport.Socket.Shutdown(SocketShutdown.Send);

        await Expect.Socket(pair.Connection.ReceiveBy(shape, new byte[16]), SocketError.ConnectionAborted);
        pair.Connection.CloseReason.Should().Be(CloseReason.Error);
    }

    [Theory]
    [MemberData(nameof(TlsCases.Shapes), MemberType = typeof(TlsCases))]
    public async Task Bytes_that_are_no_record_break_the_connection(SslProtocols protocol, CallShape shape)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, protocol);
        byte[] record = await pair.SealAsync("hello"u8.ToArray());
        record[^1] ^= 1;
        await pair.SendAsync(record);

        for (int i = 0; i < 2; i++)
        {
            TlsException told = (await Expect.Failure(pair.Connection.ReceiveBy(shape, new byte[16])))
                .Should().BeOfType<TlsException>().Subject;
            told.RemoteEndPoint.Should().Be(pair.Connection.RemoteEndPoint);
            told.Message.Should().StartWith($"receive on {pair.Connection.LocalEndPoint}");
        }

        pair.Connection.CloseReason.Should().Be(CloseReason.Error);
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_half_close_says_close_notify_and_receiving_goes_on(SslProtocols protocol)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, protocol);
        pair.Connection.Send("bye"u8);

        pair.Connection.ShutdownSend();
        pair.Connection.ShutdownSend();

        byte[] buffer = new byte[16];
        (await pair.Peer.ReadAsync(buffer).AsTask().Within()).Should().Be(3);
        (await pair.Peer.ReadAsync(buffer).AsTask().Within()).Should().Be(0);
        await pair.SendAsync(await pair.SealAsync("after"u8.ToArray()));
        (await pair.Connection.ReceiveAsync(buffer).Within()).Should().Be(5);
        SocketOperationException refused = await Expect.Socket(pair.Connection.SendAsync("x"u8.ToArray()).AsTask(), SocketError.Shutdown);
        refused.Message.Should().Contain("this side has shut down sending");
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_send_after_the_peers_end_still_arrives(SslProtocols protocol)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await RecordPair.OpenAsync(server, protocol);
        await pair.SendAsync(await pair.SealEndAsync());
        pair.Transport.Socket.Shutdown(SocketShutdown.Send);
        (await pair.Connection.ReceiveAsync(new byte[1]).Within()).Should().Be(0);

        pair.Connection.Send("answer"u8);
        pair.Connection.Dispose();

        byte[] buffer = new byte[16];
        (await pair.Peer.ReadAsync(buffer).AsTask().Within()).Should().Be(6);
        (await pair.Peer.ReadAsync(buffer).AsTask().Within()).Should().Be(0);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Dispose_says_close_notify_so_that_a_strict_peer_finds_a_clean_end(CallShape shape)
    {
        using TcpPairUnderTest pair = new TlsPairs<TEngine>().Connect();
        await pair.Client.SendBy(shape, Payload.Of(100_000)).Within();

        pair.Client.Dispose();

        (await pair.Accepted.ReadToEnd(shape).Within()).Should().Equal(Payload.Of(100_000));
        pair.Accepted.CloseReason.Should().Be(CloseReason.PeerFinished);
    }

    [Fact]
    public async Task What_TrySend_has_counted_arrives_although_the_connection_is_disposed_while_the_kernel_is_full()
    {
        using TcpPairUnderTest pair = new TlsPairs<TEngine>().Connect();
        byte[] data = Payload.Of(Payload.MoreThanKernelTakes);
        int count = 0;
        while (pair.Client.TrySend(data.AsSpan(count), out int sent))
        {
            count += sent;
        }

        pair.Client.Dispose();

        (await pair.Accepted.ReadToEnd().Within()).AsSpan().SequenceEqual(data.AsSpan(0, count)).Should().BeTrue();
        pair.Accepted.CloseReason.Should().Be(CloseReason.PeerFinished);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_send_whose_deadline_passes_says_exactly_what_arrives_and_later_sends_follow(CallShape shape)
    {
        using TcpPairUnderTest pair = new TlsPairs<TEngine>().Connect();
        byte[] data = Payload.Of(Payload.MoreThanKernelTakes);
        pair.Client.SendTimeout = TimeSpan.FromMilliseconds(50);
        var late = (await Expect.Failure(pair.Client.SendBy(shape, data))).Should().BeOfType<SocketTimeoutException>().Subject;
        pair.Client.SendTimeout = Limits.Hang;

        Task<byte[]> reading = pair.Accepted.ReadToEnd();
        await pair.Client.SendBy(shape, "tail"u8.ToArray()).Within();
        pair.Client.ShutdownSend();

        byte[] received = await reading.Within();
        received.Should().HaveCount((int)late.BytesTransferred + 4);
        received.AsSpan(0, received.Length - 4).SequenceEqual(data.AsSpan(0, received.Length - 4)).Should().BeTrue();
        received[^4..].Should().Equal("tail"u8.ToArray());
    }

    [Fact]
    public async Task A_send_that_is_cancelled_inside_a_message_aborts_the_connection()
    {
        using TcpPairUnderTest pair = new TlsPairs<TEngine>().Connect();
        using var source = new CancellationTokenSource();
        Task sending = pair.Client.SendAsync(Payload.Of(Payload.MoreThanKernelTakes), source.Token).AsTask();
        await Eventually.BeTrueAsync(() => pair.Client.BytesSent > 0, "a part was sent");

        await source.CancelAsync();

        await Expect.Canceled(sending, source.Token);
        pair.Client.CloseReason.Should().Be(CloseReason.LocalAbort);
        Expect.Disconnected(await pair.Accepted.DrainAsync());
    }
}

public sealed class EndTests_Portable : EndTests<PortableUnderTest>;

public sealed class EndTests_Epoll : EndTests<EpollUnderTest>;
