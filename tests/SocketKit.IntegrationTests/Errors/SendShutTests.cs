using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Tcp;

namespace SocketKit.IntegrationTests.Errors;

/// <summary>Whose doing it is that a send fails: this side's half-close, this side's cancelled send, or the peer's end.</summary>
public abstract class SendShutTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const string Own = "this side has shut down sending (Shutdown).";
    private const string Peers = "the peer has closed the connection (Shutdown).";

    [Fact]
    public async Task A_send_after_this_sides_half_close_is_no_disconnect_in_any_shape()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.ShutdownSend();

        foreach ((string name, Func<Task> send) in Sends(pair.Client))
        {
            Check(await Expect.Failure(send()), name, Own, isDisconnect: false);
        }

        // The peer is well, and so is this side's receiving.
        pair.Client.CloseReason.Should().Be(CloseReason.None);
        pair.Accepted.Send("x"u8);
        pair.Client.Receive(new byte[1]).Should().Be(1);
    }

    [Fact]
    public async Task A_send_after_the_peer_has_gone_says_so_in_every_shape()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Accepted.Abort();
        Expect.Socket(Record.Exception(() => pair.Client.Receive(new byte[1])), SocketError.ConnectionReset);

        foreach ((string name, Func<Task> send) in Sends(pair.Client))
        {
            Check(await Expect.Failure(send()), name, Peers, isDisconnect: true);
        }
    }

    [Fact]
    public async Task A_send_that_this_sides_half_close_wakes_is_no_disconnect()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        Task send = pair.Connection.SendAsync(Payload.Of(Payload.MoreThanKernelTakes)).AsTask();
        await TcpFill.UntilFull(pair.Connection);

        pair.Connection.ShutdownSend();

        Check(await Expect.Failure(send), "send that waited", Own, isDisconnect: false);
        pair.Connection.CloseReason.Should().Be(CloseReason.None);
    }

    [Fact]
    public async Task After_a_cancelled_send_the_next_call_names_the_cancellation()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using var source = new CancellationTokenSource();
        Task send = pair.Connection.SendAsync(Payload.Of(Payload.MoreThanKernelTakes), source.Token).AsTask();
        await TcpFill.UntilFull(pair.Connection);

        source.Cancel();
        await Expect.Canceled(send, source.Token);

        const string Words = "a cancelled send left part of its message; the connection was aborted";
        FailureCheck.Closed(() => pair.Connection.Receive(new byte[1]), "receive on ", Words);
        FailureCheck.Closed(() => pair.Connection.Send("x"u8), "send on ", Words);
        FailureCheck.Closed(() => _ = pair.Connection.NoDelay, "get option TCP_NODELAY on ", Words);
        Exception? later = await Expect.Failure(pair.Connection.SendAsync("x"u8.ToArray()).AsTask());
        later.Should().BeOfType<ObjectDisposedException>().Which.Message.Should().Contain(Words);
        later!.IsDisconnect().Should().BeFalse();
    }

    [LinuxFact]
    public async Task A_Unix_connection_knows_whose_doing_it_is_also_where_handles_are_sent()
    {
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair();
        using var one = first;
        using var other = second;
        using SafeFileHandle file = File.OpenHandle(typeof(SendShutTests<>).Assembly.Location);
        first.ShutdownSend();

        foreach ((string name, Func<Task> send) in UnixSends(first, file))
        {
            Check(await Expect.Failure(send()), name, Own, isDisconnect: false);
        }

        first.Dispose();
        foreach ((string name, Func<Task> send) in UnixSends(second, file))
        {
            Check(await Expect.Failure(send()), name, Peers, isDisconnect: true);
        }
    }

    private static void Check(Exception? failure, string name, string words, bool isDisconnect)
    {
        if (failure is IOException { InnerException: { } inner })
        {
            failure.IsDisconnect().Should().Be(isDisconnect, name);
            failure = inner;
        }

        SocketOperationException found = failure.Should().BeOfType<SocketOperationException>(name).Subject;
        found.SocketErrorCode.Should().Be(SocketError.Shutdown, name);
        found.Message.Should().EndWith(words, name);
        found.IsDisconnect().Should().Be(isDisconnect, name);
    }

    private static (string Name, Func<Task> Send)[] UnixSends(UnixConnection connection, SafeFileHandle file) =>
    [
        ("handles", () => Limits.OnThread(() => connection.SendHandles("x"u8, file))),
        .. Sends(connection),
    ];

    private static (string Name, Func<Task> Send)[] Sends(StreamConnection connection) =>
    [
        ("Send", () => connection.SendBy(CallShape.Blocking, new byte[1])),
        ("Send with a deadline", () => WithDeadline(connection)),
        ("TrySend", () => connection.SendBy(CallShape.Try, new byte[1])),
        ("SendAsync", () => connection.SendBy(CallShape.Async, new byte[1])),
        ("SendAsync of text", () => connection.SendAsync("x").AsTask()),
        ("SendAsync of segments", () => connection.SendAsync(Segments.Cut(new byte[10], 3)).AsTask()),
        ("SendFileAsync", () => SendFileAsync(connection)),
        ("stream, blocking", () => Limits.OnThread(() => connection.GetStream(leaveOpen: true).Write(new byte[1]))),
        ("stream, async", () => connection.GetStream(leaveOpen: true).WriteAsync(new byte[1]).AsTask()),
    ];

    private static async Task WithDeadline(StreamConnection connection)
    {
        connection.SendTimeout = Limits.Hang;
        await connection.SendBy(CallShape.Blocking, new byte[1]);
    }

    private static async Task SendFileAsync(StreamConnection connection)
    {
        using SafeFileHandle file = File.OpenHandle(typeof(SendShutTests<>).Assembly.Location);
        await connection.SendFileAsync(file, count: 10);
    }
}

public sealed class SendShutTests_Portable : SendShutTests<PortableUnderTest>;

public sealed class SendShutTests_Epoll : SendShutTests<EpollUnderTest>;
