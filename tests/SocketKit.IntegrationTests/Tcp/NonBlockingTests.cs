using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class NonBlockingTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public void A_non_blocking_accept_would_block_and_succeeds_once_a_client_is_there()
    {
        using TcpServer server = Listen();
        server.Blocking = false;

        Exception refused = Expect.Socket(Record.Exception(server.Accept), SocketError.WouldBlock);
        using TcpClient client = Connect(server);
        server.WaitReadable(Limits.Hang).Should().BeTrue();

        refused.IsTimeout().Should().BeFalse();
        using TcpConnection accepted = server.Accept();
        accepted.RemoteEndPoint.Should().Be(client.LocalEndPoint);
    }

    [Fact]
    public void TryAccept_is_false_without_a_client_in_blocking_mode_too()
    {
        using TcpServer server = Listen();

        server.TryAccept(out TcpConnection? none).Should().BeFalse();
        using TcpClient client = Connect(server);
        server.WaitReadable(Limits.Hang).Should().BeTrue();

        none.Should().BeNull();
        server.TryAccept(out TcpConnection? accepted).Should().BeTrue();
        accepted!.Dispose();
    }

    [Fact]
    public void A_non_blocking_receive_would_block_and_then_gives_the_data()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Accepted.Blocking = false;
        byte[] buffer = new byte[4];

        Exception[] refused =
        [
            Record.Exception(() => pair.Accepted.Receive(buffer)),
            Record.Exception(() => pair.Accepted.Receive([])),
            Record.Exception(() => pair.Accepted.Peek(buffer)),
            Record.Exception(() => pair.Accepted.ReceiveExactly(buffer)),
        ];
        pair.Client.Send("data"u8);
        pair.Accepted.WaitReadable(Limits.Hang).Should().BeTrue();

        refused.Should().AllSatisfy(exception => Expect.Socket(exception, SocketError.WouldBlock).IsTimeout().Should().BeFalse());
        pair.Accepted.Receive(buffer).Should().Be(4);
    }

    [Fact]
    public void TryReceive_is_false_in_every_mode_while_nothing_is_there()
    {
        using TcpPairUnderTest pair = ConnectPair();
        foreach (TimeSpan timeout in new[] { Timeout.InfiniteTimeSpan, TimeSpan.Zero, TimeSpan.FromSeconds(10) })
        {
            pair.Accepted.Timeout = timeout;
            pair.Accepted.TryReceive(new byte[4], out int received).Should().BeFalse();
            received.Should().Be(0);
        }
    }

    [Fact]
    public async Task A_non_blocking_send_takes_what_fits_and_then_would_block()
    {
        using PlainPairUnderTest pair = ConnectPlainWithSmallBuffers();
        pair.Connection.Blocking = false;
        byte[] data = Payload.Of(Payload.MoreThanKernelTakes);

        int sent = pair.Connection.Send(data);
        sent.Should().BePositive().And.BeLessThan(data.Length);
        long total = sent;
        Exception? refused = null;
        while (refused is null)
        {
            refused = Record.Exception(() => total += pair.Connection.Send(data));
        }

        int tried;
        while (pair.Connection.TrySend(data, out tried))
        {
            total += tried;
        }

        Expect.Socket(refused, SocketError.WouldBlock);
        tried.Should().Be(0);
        pair.Connection.ShutdownSend();
        (await pair.Peer.ReadToEnd().Within()).Should().Be(new PlainPeer.Ending(total, SocketError.Success));
    }

    [Fact]
    public async Task Async_calls_take_zero_for_infinite()
    {
        using TcpServer server = Listen();
        server.Blocking = false;
        Task<TcpConnection> accept = server.AcceptAsync().AsTask();
        using TcpClient client = Connect(server);
        using TcpConnection accepted = await accept.Within();
        accepted.Blocking = client.Blocking = false;

        Task<int> receive = accepted.ReceiveAsync(new byte[1]).AsTask();
        Task<int> peek = client.PeekAsync(new byte[1]).AsTask();
        await accepted.SendAsync(new byte[1]).Within();
        await client.SendAsync(new byte[1]).Within();

        (await receive.Within()).Should().Be(1);
        (await peek.Within()).Should().Be(1);
    }

    [Fact]
    public async Task A_large_async_send_in_non_blocking_mode_sends_everything()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.Blocking = false;
        byte[] data = Payload.Of(Payload.MoreThanKernelTakes);
        byte[] received = new byte[data.Length];

        Task send = pair.Client.SendAsync(data).AsTask();
        await pair.Accepted.ReceiveExactlyAsync(received).Within();
        await send.Within();

        received.AsSpan().SequenceEqual(data).Should().BeTrue();
    }

    [Fact]
    public async Task Blocking_mode_comes_back_after_non_blocking_and_async_calls()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Accepted.Blocking = false;
        pair.Accepted.TryReceive(new byte[1], out _).Should().BeFalse();
        using (var source = new CancellationTokenSource())
        {
            Task<int> cancelled = pair.Accepted.ReceiveAsync(new byte[1], source.Token).AsTask();
            source.Cancel();
            await Expect.Canceled(cancelled, source.Token);
        }

        pair.Accepted.Blocking = true;
        Task<int> receive = Limits.OnThread(() => pair.Accepted.Receive(new byte[1]));
        await pair.Client.SendAsync(new byte[1]).Within();

        (await receive.Within()).Should().Be(1);
    }
}

public sealed class NonBlockingTests_Portable : NonBlockingTests<PortableUnderTest>;

public sealed class NonBlockingTests_Epoll : NonBlockingTests<EpollUnderTest>;
