using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class DisposeTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [MemberData(nameof(PendingCalls.WithDisposeAndAbort), MemberType = typeof(PendingCalls))]
    public async Task A_call_that_waits_ends_as_disposed(PendingCall call, bool abort)
    {
        using PlainPairUnderTest pair = ConnectPlain();
        TcpConnection connection = pair.Connection;
        Task pending = PendingCalls.Start(call, connection);
        await Until(() => pending.Status is TaskStatus.Running or TaskStatus.WaitingForActivation);
        pending.IsCompleted.Should().BeFalse("it has to wait");

        if (abort)
        {
            connection.Abort();
        }
        else
        {
            connection.Dispose();
        }

        await Expect.Disposed(pending);
        connection.CloseReason.Should().Be(abort ? CloseReason.LocalAbort : CloseReason.LocalDispose);
    }

    [Fact]
    public async Task Every_call_on_a_disposed_connection_says_so()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        TcpConnection connection = pair.Connection;
        byte[] buffer = new byte[4];
        connection.Dispose();

        Action[] calls =
        [
            () => connection.Receive(buffer),
            () => connection.Receive([]),
            () => connection.TryReceive(buffer, out _),
            () => connection.ReceiveExactly(buffer),
            () => connection.Peek(buffer),
            () => connection.Send(buffer),
            () => connection.Send("text"),
            () => connection.TrySend(buffer, out _),
            () => connection.ShutdownSend(),
            () => connection.WaitReadable(TimeSpan.Zero),
            () => connection.WaitWritable(TimeSpan.Zero),
            () => _ = connection.Available,
            () => _ = connection.Socket,
            () => _ = connection.NoDelay,
            () => _ = connection.KeepAlive,
            () => connection.Linger = TimeSpan.Zero,
            () => connection.DuplicateHandle(),
        ];
        Func<Task>[] asyncCalls =
        [
            () => connection.ReceiveAsync(buffer).AsTask(),
            () => connection.ReceiveExactlyAsync(buffer).AsTask(),
            () => connection.PeekAsync(buffer).AsTask(),
            () => connection.SendAsync(buffer).AsTask(),
            () => connection.SendAsync(Segments.Of(buffer, buffer)).AsTask(),
            () => connection.SendAsync("text").AsTask(),
            () => connection.WaitReadableAsync().AsTask(),
        ];

        foreach (Action call in calls)
        {
            Expect.Disposed(Record.Exception(call));
        }

        foreach (Func<Task> call in asyncCalls)
        {
            Expect.Disposed(await Record.ExceptionAsync(() => call().Within()));
        }
    }

    [Fact]
    public async Task Every_call_on_a_disposed_server_says_so()
    {
        TcpServer server = Listen();
        server.Dispose();
        server.Dispose();
        await server.DisposeAsync();
        server.Abort();

        Expect.Disposed(Record.Exception(server.Accept));
        Expect.Disposed(Record.Exception(() => server.TryAccept(out _)));
        Expect.Disposed(Record.Exception(() => server.WaitReadable(TimeSpan.Zero)));
        Expect.Disposed(Record.Exception(() => _ = server.Socket));
        await Expect.Disposed(server.AcceptAsync().AsTask());
    }

    [Theory]
    [InlineData(CallShape.Blocking, false)]
    [InlineData(CallShape.Blocking, true)]
    [InlineData(CallShape.Try, false)]
    [InlineData(CallShape.Async, false)]
    [InlineData(CallShape.Async, true)]
    public async Task An_accept_that_waits_ends_as_disposed(CallShape shape, bool deadline)
    {
        using TcpServer server = Listen();
        server.ReceiveTimeout = deadline ? Limits.Hang : Timeout.InfiniteTimeSpan;
        Task<TcpConnection> pending = server.AcceptBy(shape);
        await Until(() => pending.Status is TaskStatus.Running or TaskStatus.WaitingForActivation);

        server.Dispose();

        await Expect.Disposed(pending);
    }

    [Fact]
    public async Task What_was_accepted_outlives_the_server()
    {
        using TcpServer server = Listen();
        using TcpClient client = Connect(server);
        using TcpConnection accepted = server.Accept();

        await server.DisposeAsync();

        client.Send("x"u8);
        (await accepted.ReceiveAsync(new byte[1]).Within()).Should().Be(1);
    }

    [Fact]
    public async Task Closing_over_and_over_and_from_all_sides_at_once_is_harmless()
    {
        using TcpServer server = Listen();
        for (int i = 0; i < 1000; i++)
        {
            using TcpClient client = Connect(server);
            using TcpConnection accepted = server.Accept();
            using var barrier = new Barrier(3);

            await Task.WhenAll(
                Limits.OnThread(() => At(barrier, client.Dispose)),
                Limits.OnThread(() => At(barrier, client.Abort)),
                Limits.OnThread(() => At(barrier, () => client.DisposeAsync().AsTask().Wait(Limits.Hang)))).Within();

            client.Dispose();
            client.Abort();
            client.CloseReason.Should().BeOneOf(CloseReason.LocalAbort, CloseReason.LocalDispose);
        }

        static void At(Barrier barrier, Action close)
        {
            barrier.SignalAndWait(Limits.Hang).Should().BeTrue();
            close();
        }
    }
}

public sealed class DisposeTests_Portable : DisposeTests<PortableUnderTest>;

public sealed class DisposeTests_Epoll : DisposeTests<EpollUnderTest>;
