using System.Diagnostics;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>A listener for sequenced-packet connections, and connecting to it with a deadline and a token.</summary>
public abstract class SequencedServerTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private readonly byte[] _buffer = new byte[16];

    private UnixDatagramOptions Options => new() { Engine = Engine, SequencedPacket = true };

    private UnixSequencedServerOptions SequencedOptions => new() { Engine = Engine };

    [LinuxFact]
    public async Task Every_shape_of_accept_gives_a_connection_of_messages()
    {
        foreach (string path in new[] { PathOf(), AbstractName() })
        {
            foreach (CallShape shape in Enum.GetValues<CallShape>())
            {
                using UnixSequencedServer server = UnixSequencedServer.Listen(path, SequencedOptions);
                using UnixDatagramEndpoint client = await UnixDatagramEndpoint.ConnectAsync(path, Options).Within();
                client.Send("before"u8);
                client.Send([]);
                using UnixDatagramEndpoint accepted = await AcceptAsync(server, shape);

                accepted.Receive(_buffer).Length.Should().Be(6);
                accepted.Receive(_buffer).Length.Should().Be(0);
                accepted.Send("one"u8);
                accepted.Send("three"u8);
                (await client.ReceiveAsync(_buffer).Within()).Length.Should().Be(3);
                (await client.ReceiveAsync(_buffer).Within()).Length.Should().Be(5);
                server.LocalEndPoint.ToString().Should().Be(client.RemoteEndPoint!.ToString());
                accepted.LocalEndPoint.Should().Be(server.LocalEndPoint);
                accepted.RemoteEndPoint.Should().BeNull();
                accepted.Engine.Should().BeSameAs(server.Engine);
                server.Dispose();
                accepted.Send("after"u8);
                client.Receive(_buffer).Length.Should().Be(5);
                accepted.Dispose();
                Expect.Socket(Record.Exception(() => client.Receive(_buffer)), SocketError.Disconnecting);
            }
        }

        File.Exists(PathOf()).Should().BeFalse("the file is the server's");
    }

    [LinuxFact]
    public async Task Accepts_wait_as_the_time_outs_and_tokens_say_and_the_server_stays_usable()
    {
        using UnixSequencedServer server = UnixSequencedServer.Listen(
            PathOf(), new() { Engine = Engine, AcceptTimeout = TimeSpan.FromMilliseconds(30) });
        server.TryAccept(out _).Should().BeFalse();
        Expect.Timeout(Record.Exception(() => server.Accept())).Operation.Should().Be("accept");
        await Expect.Timeout(server.AcceptAsync().AsTask());
        server.ReceiveTimeout = TimeSpan.Zero;
        Expect.Socket(Record.Exception(() => server.Accept()), SocketError.WouldBlock);
        using var source = new CancellationTokenSource();
        Task<UnixDatagramEndpoint> pending = server.AcceptAsync(source.Token).AsTask();
        source.Cancel();
        (await Expect.Failure(pending)).Should().BeAssignableTo<OperationCanceledException>();

        await using (IAsyncEnumerator<UnixDatagramEndpoint> all = server.AcceptAllAsync(source.Token).GetAsyncEnumerator())
        {
            (await Expect.Failure(all.MoveNextAsync().AsTask())).Should().BeAssignableTo<OperationCanceledException>();
        }

        Task<UnixDatagramEndpoint> next = server.AcceptAsync().AsTask();
        using UnixDatagramEndpoint client = UnixDatagramEndpoint.Connect(PathOf(), Options);
        using UnixDatagramEndpoint accepted = await next.Within();

        client.Send("x"u8);
        accepted.Receive(_buffer).Length.Should().Be(1);
        Record.Exception(() => server.SendTimeout).Should().BeOfType<NotSupportedException>();
        Record.Exception(() => server.Available).Should().BeOfType<NotSupportedException>();
    }

    [LinuxFact]
    public async Task Dispose_ends_accepts_and_the_enumeration_and_refuses_those_who_come_later()
    {
        UnixSequencedServer server = UnixSequencedServer.Listen(PathOf(), SequencedOptions);
        Task<UnixDatagramEndpoint> blocked = Limits.OnThread(() => server.Accept());
        Task<UnixDatagramEndpoint> pending = server.AcceptAsync().AsTask();
        server.Dispose();
        await Expect.Disposed(blocked);
        await Expect.Disposed(pending);
        Expect.Disposed(Record.Exception(() => server.TryAccept(out _)));

        server = UnixSequencedServer.Listen(PathOf(), SequencedOptions);
        var accepted = new List<UnixDatagramEndpoint>();
        Task enumeration = Task.Run(async () =>
        {
            await foreach (UnixDatagramEndpoint connection in server.AcceptAllAsync())
            {
                accepted.Add(connection);
                connection.Send("hello"u8);
            }
        });
        for (int i = 0; i < 3; i++)
        {
            using UnixDatagramEndpoint client = UnixDatagramEndpoint.Connect(PathOf(), Options);
            (await client.ReceiveAsync(_buffer).Within()).Length.Should().Be(5);
        }

        server.Dispose();
        await enumeration.Within();
        accepted.Should().HaveCount(3);
        accepted.ForEach(static connection => connection.Dispose());
        Record.Exception(() => UnixDatagramEndpoint.Connect(PathOf(), Options))
            .Should().BeOfType<SocketConnectException>().Which.SocketErrorCode.Should().Be(SocketError.AddressNotAvailable);
    }

    [LinuxFact]
    public void The_options_of_the_server_hold_for_its_connections_and_its_file()
    {
        using UnixSequencedServer server = UnixSequencedServer.Listen(PathOf(), new()
        {
            Engine = Engine,
            ReceiveTimeout = TimeSpan.FromMilliseconds(20),
            SendBufferSize = 8_192,
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite,
        });
        using UnixDatagramEndpoint client = UnixDatagramEndpoint.Connect(PathOf(), Options);
        using UnixDatagramEndpoint accepted = server.Accept();

        Expect.Timeout(Record.Exception(() => accepted.Receive(_buffer)));
        Expect.Socket(Record.Exception(() => accepted.Send(new byte[100_000])), SocketError.MessageSize);
        if (!OperatingSystem.IsWindows())
        {
            File.GetUnixFileMode(PathOf()).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite);
        }

        Record.Exception(() => UnixSequencedServer.Listen(PathOf("x"), new() { Backlog = -1 }))
            .Should().BeOfType<ArgumentOutOfRangeException>();
        Record.Exception(() => UnixSequencedServer.Listen(PathOf("x"), new() { Mode = (UnixFileMode)0x800 }))
            .Should().BeOfType<ArgumentOutOfRangeException>();
        Expect.Socket(Record.Exception(() => UnixSequencedServer.Listen(PathOf(), SequencedOptions)), SocketError.AddressAlreadyInUse);
    }

    [LinuxFact]
    public void Users_who_are_not_allowed_find_their_connection_closed()
    {
        using UnixSequencedServer server = UnixSequencedServer.Listen(
            PathOf(), new() { Engine = Engine, AllowedUserIds = [OwnUserId + 1] });
        using UnixDatagramEndpoint client = UnixDatagramEndpoint.Connect(PathOf(), Options);

        server.TryAccept(out _).Should().BeFalse();
        Expect.Socket(Record.Exception(() => client.Receive(_buffer)), SocketError.Disconnecting);
    }

    [LinuxFact]
    public void What_AllowedUserIds_throws_comes_out_and_nothing_is_left()
    {
        var options = new UnixSequencedServerOptions { Engine = Engine, AllowedUserIds = new ThrowingUsers() };
        using var listening = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listening.Bind(new UnixDomainSocketEndPoint(PathOf("own")));
        listening.Listen();

        Record.Exception(() => UnixSequencedServer.Listen(PathOf(), options)).Should().BeOfType<InvalidTimeZoneException>();
        Record.Exception(() => UnixSequencedServer.FromSocket(listening, options)).Should().BeOfType<InvalidTimeZoneException>();

        File.Exists(PathOf()).Should().BeFalse();
        using UnixDatagramEndpoint client = UnixDatagramEndpoint.Connect(PathOf("own"), Options);
        using Socket accepted = listening.Accept();
        listening.Blocking.Should().BeTrue();
    }

    [LinuxFact]
    public void A_listener_that_was_made_elsewhere_is_wrapped_and_a_stream_listener_is_refused()
    {
        using var listening = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listening.Bind(new UnixDomainSocketEndPoint(PathOf()));
        Record.Exception(() => UnixSequencedServer.FromSocket(listening)).Should().BeOfType<ArgumentException>();
        listening.Listen();
        using (UnixSequencedServer server = UnixSequencedServer.FromSocket(listening, SequencedOptions, ownsSocket: false))
        {
            using UnixDatagramEndpoint client = UnixDatagramEndpoint.Connect(PathOf(), Options);
            using UnixDatagramEndpoint accepted = server.Accept();
            client.Send("x"u8);
            accepted.Receive(_buffer).Length.Should().Be(1);
        }

        File.Exists(PathOf()).Should().BeTrue("the file is not the server's");
        using UnixDatagramEndpoint later = UnixDatagramEndpoint.Connect(PathOf(), Options);
        using Socket raw = listening.Accept();
        later.Send("yy"u8);
        raw.Receive(_buffer).Should().Be(2);
        using UnixServer stream = ListenUnix(PathOf("stream"));
        Record.Exception(() => UnixSequencedServer.FromSocket(stream.Socket)).Should().BeOfType<ArgumentException>();
        Record.Exception(() => UnixDatagramEndpoint.Connect(PathOf("stream"), Options))
            .Should().BeOfType<SocketConnectException>().Which.SocketErrorCode.Should().Be(SocketError.ProtocolType);
    }

    [LinuxFact]
    public async Task A_connect_that_waits_for_the_backlog_ends_by_its_deadline_or_token_and_leaves_no_descriptor()
    {
        using UnixSequencedServer server = UnixSequencedServer.Listen(PathOf(), new() { Engine = Engine, Backlog = 0 });
        using UnixDatagramEndpoint first = UnixDatagramEndpoint.Connect(PathOf(), Options);
        var limited = new UnixDatagramOptions { Engine = Engine, SequencedPacket = true, ConnectTimeout = TimeSpan.FromMilliseconds(60) };

        long start = Stopwatch.GetTimestamp();
        SocketConnectException refusal =
            (await Expect.Failure(UnixDatagramEndpoint.ConnectAsync(PathOf(), limited)))
            .Should().BeOfType<SocketConnectException>().Subject;
        Stopwatch.GetElapsedTime(start).Should().BeGreaterThanOrEqualTo(limited.ConnectTimeout);
        refusal.SocketErrorCode.Should().Be(SocketError.TimedOut);
        refusal.Message.Should().Contain("backlog was full for 60 ms");

        using var source = new CancellationTokenSource();
        Task<UnixDatagramEndpoint> waiting = UnixDatagramEndpoint.ConnectAsync(PathOf(), Options, source.Token);
        waiting.IsCompleted.Should().BeFalse();
        source.Cancel();
        (await Expect.Failure(waiting)).Should().BeAssignableTo<OperationCanceledException>()
            .Which.Message.Should().Be($"connect to {PathOf()} was cancelled.");
        (await Expect.Failure(UnixDatagramEndpoint.ConnectAsync(PathOf("nowhere"), Options, source.Token)))
            .Should().BeAssignableTo<OperationCanceledException>();

        Task<UnixDatagramEndpoint> next = UnixDatagramEndpoint.ConnectAsync(PathOf(), Options);
        using UnixDatagramEndpoint one = await server.AcceptAsync().Within();
        using UnixDatagramEndpoint second = await next.Within();
        using UnixDatagramEndpoint two = await server.AcceptAsync().Within();
        second.Send("yy"u8);
        two.Receive(_buffer).Length.Should().Be(2);
        server.TryAccept(out _).Should().BeFalse("the connects that were given up have closed their descriptors");
    }

    [LinuxFact]
    public async Task Datagram_sockets_connect_without_waiting_and_failures_have_their_reason()
    {
        using UnixDatagramEndpoint receiver = UnixDatagramEndpoint.Bind(PathOf(), new() { Engine = Engine });
        using UnixDatagramEndpoint sender = await UnixDatagramEndpoint.ConnectAsync(PathOf(), new() { Engine = Engine }).Within();
        await sender.SendAsync("x");
        receiver.ReceiveFrom(_buffer).Length.Should().Be(1);

        (await Expect.Failure(UnixDatagramEndpoint.ConnectAsync(PathOf("nowhere"), Options))).Should().BeOfType<SocketConnectException>()
            .Which.Attempts.Should().ContainSingle().Which.Error!.SocketErrorCode.Should().Be(SocketError.AddressNotAvailable);
        Record.Exception(() => { _ = UnixDatagramEndpoint.ConnectAsync(string.Empty); }).Should().BeOfType<ArgumentException>();
    }

    private static async Task<UnixDatagramEndpoint> AcceptAsync(UnixSequencedServer server, CallShape shape)
    {
        switch (shape)
        {
            case CallShape.Blocking:
                return server.Accept();
            case CallShape.Try:
                server.WaitReadable(Limits.Hang).Should().BeTrue();
                server.TryAccept(out UnixDatagramEndpoint? connection).Should().BeTrue();
                return connection!;
            default:
                return await server.AcceptAsync().Within();
        }
    }

    private sealed class ThrowingUsers : IReadOnlyCollection<uint>
    {
        public int Count => 1;

        public IEnumerator<uint> GetEnumerator() => throw new InvalidTimeZoneException();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

public sealed class SequencedServerTests_Portable : SequencedServerTests<PortableUnderTest>;

public sealed class SequencedServerTests_Epoll : SequencedServerTests<EpollUnderTest>;
