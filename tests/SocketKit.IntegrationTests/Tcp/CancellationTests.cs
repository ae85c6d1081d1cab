using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class CancellationTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly CancellationToken s_fired = new(canceled: true);

    [Fact]
    public async Task A_token_that_fired_before_the_call_means_that_nothing_happens()
    {
        using TcpServer server = Listen();
        using TcpClient client = Connect(server);
        using TcpConnection accepted = server.Accept();
        using TcpClient waiting = Connect(server);
        byte[] buffer = new byte[1];
        await client.SendAsync("x"u8.ToArray()).Within();
        accepted.WaitReadable(Limits.Hang).Should().BeTrue();
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(typeof(CancellationTests<>).Assembly.Location);

        Task[] calls =
        [
            accepted.ReceiveAsync(buffer, s_fired).AsTask(),
            accepted.ReceiveExactlyAsync(buffer, s_fired).AsTask(),
            accepted.PeekAsync(buffer, s_fired).AsTask(),
            accepted.WaitReadableAsync(s_fired).AsTask(),
            accepted.SendAsync(buffer, s_fired).AsTask(),
            accepted.SendAsync(Segments.Of(buffer, buffer), s_fired).AsTask(),
            accepted.SendAsync("text", s_fired).AsTask(),
            accepted.SendFileAsync(file, cancellationToken: s_fired).AsTask(),
            server.AcceptAsync(s_fired).AsTask(),
            TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions, s_fired),
            TcpClient.ConnectAsync("127.0.0.1", server.Port, ClientOptions, s_fired),
        ];

        foreach (Task call in calls)
        {
            await Expect.Canceled(call, s_fired);
        }

        (await accepted.ReceiveAsync(buffer).Within()).Should().Be(1, "nothing was taken");
        client.TryReceive(buffer, out _).Should().BeFalse("nothing was sent");
        using TcpConnection second = await server.AcceptAsync().Within();
        second.RemoteEndPoint.Should().Be(waiting.LocalEndPoint);
        server.TryAccept(out _).Should().BeFalse("nobody else connected");
    }

    [Fact]
    public async Task A_cancelled_receive_loses_no_data()
    {
        using TcpPairUnderTest pair = ConnectPair();
        const int Count = 3000;
        Task send = Limits.OnThread(() =>
        {
            for (int i = 0; i < Count; i++)
            {
                pair.Client.Send([(byte)i]);
            }
        });
        byte[] one = new byte[1];

        for (int i = 0; i < Count;)
        {
            using var source = new CancellationTokenSource();
            Task<int> receive = pair.Accepted.ReceiveAsync(one, source.Token).AsTask();
            source.Cancel();
            Exception? failure = await Expect.Failure(receive);
            if (failure is null)
            {
                one[0].Should().Be((byte)i);
                i++;
            }
            else
            {
                failure.Should().BeAssignableTo<OperationCanceledException>();
            }
        }

        await send.Within();
        pair.Accepted.TryReceive(one, out _).Should().BeFalse("nothing came twice");
    }

    [Fact]
    public async Task A_cancelled_accept_loses_no_connection()
    {
        using TcpServer server = Listen();
        for (int i = 0; i < 1000; i++)
        {
            using var source = new CancellationTokenSource();
            Task<TcpConnection> accept = server.AcceptAsync(source.Token).AsTask();
            Task<TcpClient> connect = TcpClient.ConnectAsync(server.LocalEndPoint, ClientOptions);
            source.Cancel();
            using TcpClient client = await connect.Within();

            Exception? failure = await Expect.Failure(accept);
            using TcpConnection accepted = failure is null ? await accept : await server.AcceptAsync().Within();

            accepted.RemoteEndPoint.Should().Be(client.LocalEndPoint);
        }
    }

    [Fact]
    public async Task A_send_that_is_cancelled_after_its_first_byte_aborts_the_connection()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using var source = new CancellationTokenSource();
        Task send = pair.Connection.SendAsync(Payload.Of(Payload.MoreThanKernelTakes), source.Token).AsTask();
        await TcpFill.UntilFull(pair.Connection);

        source.Cancel();

        await Expect.Canceled(send, source.Token);
        pair.Connection.CloseReason.Should().Be(CloseReason.LocalAbort);
        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue();
        Expect.Disposed(Record.Exception(() => pair.Connection.Receive(new byte[1])));
    }

    [Fact]
    public async Task A_gathered_send_that_is_cancelled_after_its_first_byte_aborts_the_connection()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using var source = new CancellationTokenSource();
        Task send = pair.Connection.SendAsync(Segments.Cut(Payload.Of(Payload.MoreThanKernelTakes), 100_000), source.Token).AsTask();
        await TcpFill.UntilFull(pair.Connection);

        source.Cancel();

        await Expect.Canceled(send, source.Token);
        (await pair.Peer.ReadToEnd().Within()).IsReset.Should().BeTrue();
    }

    [Fact]
    public async Task The_callers_buffer_is_the_callers_again_after_a_cancel()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] buffer = new byte[16];
        using var source = new CancellationTokenSource();
        Task<int> receive = pair.Accepted.ReceiveAsync(buffer, source.Token).AsTask();
        source.Cancel();
        await Expect.Canceled(receive, source.Token);

        await pair.Client.SendAsync(Payload.Of(16)).Within();
        pair.Accepted.WaitReadable(Limits.Hang).Should().BeTrue();

        buffer.Should().OnlyContain(static value => value == 0, "nothing is written into it any more");
    }

    [Fact]
    public async Task Enumerating_accepts_ends_as_cancelled_on_the_token_and_quietly_on_dispose()
    {
        using TcpServer server = Listen();
        using var source = new CancellationTokenSource();
        Task cancelled = Enumerate(server, source.Token);
        source.Cancel();
        await Expect.Canceled(cancelled, source.Token);

        Task disposed = Enumerate(server, CancellationToken.None);
        server.Dispose();
        await disposed.Within();
    }

    private static async Task Enumerate(TcpServer server, CancellationToken cancellationToken)
    {
        await foreach (TcpConnection connection in server.AcceptAllAsync(cancellationToken))
        {
            connection.Dispose();
        }
    }
}

public sealed class CancellationTests_Portable : CancellationTests<PortableUnderTest>;

public sealed class CancellationTests_Epoll : CancellationTests<EpollUnderTest>;
