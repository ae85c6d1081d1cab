using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/messages.md, run.</summary>
public sealed class MessagesGuideTests
{
    [Fact]
    public async Task The_server_answers_each_request_and_a_stop_ends_its_idle_handlers()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0);
        using var stop = new CancellationTokenSource();
        Task serving = MessagesSnippets.Serve(server, stop.Token);

        (await MessagesSnippets.Ask(server.Port, CancellationToken.None).Within()).Should().Be("noon");

        await server.StopAsync().Within();
        await serving.Within();
    }

    [Fact]
    public async Task A_slow_request_holds_up_no_other_and_each_call_gets_its_own_answer()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0);
        using var stop = new CancellationTokenSource();
        var slow = new TaskCompletionSource();
        Task serving = MessagesSnippets.ServeMany(
            server,
            async (request, token) =>
            {
                await (request.Length == 4 ? slow.Task.WaitAsync(token) : Task.CompletedTask);
                return request;
            },
            stop.Token);
        TcpClient client = await TcpClient.ConnectAsync("localhost", server.Port).Within();
        await using MessageChannel messages = client.GetMessages(MessageFraming.LengthPrefix());
        var caller = new MessagesSnippets.Caller(messages);

        Task<byte[]> first = caller.CallAsync([], Limits.Hang);
        byte[][] answers = await Task.WhenAll(
            Enumerable.Range(0, 1_000).Select(i => caller.CallAsync(BitConverter.GetBytes(i), Limits.Hang))).Within();
        Task<byte[]> late = caller.CallAsync([], TimeSpan.FromMilliseconds(1));

        answers.Select(static answer => BitConverter.ToInt32(answer)).Should().Equal(Enumerable.Range(0, 1_000));
        (await Record.ExceptionAsync(() => late.Within())).Should().BeOfType<TimeoutException>();
        first.IsCompleted.Should().BeFalse();
        slow.SetResult();
        (await first.Within()).Should().BeEmpty();
        (await caller.CallAsync([7], Limits.Hang).Within()).Should().Equal(7);

        await server.StopAsync().Within();
        await serving.Within();
        Exception? gone = await Record.ExceptionAsync(() => caller.CallAsync([7], Limits.Hang).Within());
        (gone is EndOfStreamException || gone!.IsDisconnect()).Should().BeTrue("the call may meet the end or a reset");
    }

    [Fact]
    public async Task A_request_that_fails_ends_its_connection_and_no_other()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0, new TcpServerOptions { IsPeerFault = static _ => true });
        using var stop = new CancellationTokenSource();
        Task serving = MessagesSnippets.ServeMany(
            server,
            static (request, _) => request.Length == 5 ? throw new InvalidDataException() : Task.FromResult(request),
            stop.Token);
        TcpClient client = await TcpClient.ConnectAsync("localhost", server.Port).Within();
        TcpClient other = await TcpClient.ConnectAsync("localhost", server.Port).Within();
        var caller = new MessagesSnippets.Caller(client.GetMessages(MessageFraming.LengthPrefix()));
        var another = new MessagesSnippets.Caller(other.GetMessages(MessageFraming.LengthPrefix()));

        Exception? failure = await Record.ExceptionAsync(() => caller.CallAsync([1], Limits.Hang).Within());

        failure!.IsDisconnect().Should().BeTrue();
        (await another.CallAsync([1, 2], Limits.Hang).Within()).Should().Equal(1, 2);
        client.Dispose();
        other.Dispose();
        await stop.CancelAsync();
        await serving.Within();
    }

    [Fact]
    public async Task A_browser_that_comes_by_is_shown()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0);
        using var stop = new CancellationTokenSource();
        var told = new TaskCompletionSource<string>();
        Task serving = MessagesSnippets.ServeAndTell(server, told.SetResult, stop.Token);
        using TcpClient client = await TcpClient.ConnectAsync("localhost", server.Port).Within();
        await client.SendAsync("GET / HTTP/1.1\r\n\r\n").AsTask().Within();

        (await told.Task.Within()).Should().Be(
            $"receive on {server.LocalEndPoint} ← {client.LocalEndPoint}: the peer announced a message that is too long: its length field "
            + "says 1195725856 (these are the bytes \"GET \"); the limit is 1048576 bytes.");

        await stop.CancelAsync();
        await serving.Within();
    }

    [Fact]
    public async Task Every_message_is_answered_until_the_peer_finishes()
    {
        (MessageChannel client, MessageChannel server) = Pair();
        Task counting = MessagesSnippets.Count(server, CancellationToken.None);

        await client.SendAsync("abc").AsTask().Within();
        await client.SendAsync("de").AsTask().Within();

        (await TextAsync(client)).Should().Be("1: 3 bytes");
        (await TextAsync(client)).Should().Be("2: 2 bytes");
        client.Dispose();
        await counting.Within();
        server.Dispose();
    }

    [Fact]
    public async Task A_message_is_written_in_place()
    {
        (MessageChannel client, MessageChannel server) = Pair();

        await MessagesSnippets.WritePrice(client, 2.5m, CancellationToken.None).Within();

        (await TextAsync(server)).Should().Be("""{"price":2.5}""");
        client.Dispose();
        server.Dispose();
    }

    [Fact]
    public async Task News_reach_those_who_read_and_a_slow_reader_is_cut()
    {
        (MessageChannel reader, MessageChannel first) = Pair();
        (TcpConnection slow, TcpConnection connection) = TcpConnection.CreatePair();
        MessageChannel second = connection.GetMessages(MessageFraming.LengthPrefix(), new MessageOptions { SendQueueLimit = 1 });

        MessagesSnippets.Tell([first, second], "news"u8);

        (await TextAsync(reader)).Should().Be("news");
        connection.CloseReason.Should().Be(CloseReason.LocalDispose);
        slow.Dispose();
        reader.Dispose();
        first.Dispose();
    }

    [Fact]
    public async Task Neither_a_line_that_ends_with_CR_nor_a_client_that_is_cut_is_a_failure_of_a_handler()
    {
        using var log = new LogRecorder();
        var clients = new ConcurrentDictionary<string, MessageChannel>();
        var limits = new MessageOptions { SendQueueLimit = 16 * 1024 };
        var options = new TcpServerOptions { LoggerFactory = log, SendBufferSize = 4096 };
        await using TcpServer server = TcpServer.Listen("localhost", 0, options);
        Task serving = server.ServeAsync((connection, ending) =>
        {
            MessageChannel channel = clients[connection.Id] = connection.GetMessages(MessageFraming.Lines, limits);
            return MessagesSnippets.Relay(connection, channel, clients, ending);
        });
        using TcpClient deaf = TcpClient.Connect("localhost", server.Port, new TcpClientOptions { ReceiveBufferSize = 4096 });
        using TcpClient client = TcpClient.Connect("localhost", server.Port);
        MessageChannel lines = client.GetMessages(MessageFraming.Delimiter("\n"u8));
        await Eventually.BeTrueAsync(() => clients.Count == 2, "both are served");

        await lines.SendAsync("hello\r\r").Within();
        (await TextAsync(lines)).Should().Be("hello");
        string line = new('x', 1000);
        for (int i = 0; clients.Count == 2 && i < 10_000; i++)
        {
            await lines.SendAsync(line).Within();
            (await TextAsync(lines)).Should().Be(line);
        }

        await Eventually.BeTrueAsync(() => server.ConnectionCount == 1, "the handler of the client that does not read has ended");
        server.GetStatistics().ClosedTotal[CloseReason.LocalDispose].Should().Be(1);
        await server.StopAsync().Within();
        await serving.Within();
        log.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task A_sender_waits_for_a_slow_reader_and_cuts_one_that_stays_slow()
    {
        (TcpConnection client, TcpConnection connection) = TcpConnection.CreatePair();
        MessageChannel reader = client.GetMessages(MessageFraming.LengthPrefix());
        MessageChannel channel = connection.GetMessages(MessageFraming.LengthPrefix(), new MessageOptions { SendQueueLimit = 1 });
        byte[] news = new byte[512 * 1024];
        Task telling = Task.CompletedTask;
        int told = 0;
        for (; telling.IsCompleted && told < 1000; told++)
        {
            await telling;
            telling = MessagesSnippets.TellAll([channel], news, Limits.Hang);
        }

        for (int i = 0; i < told; i++)
        {
            (await reader.ReceiveAsync().Within())!.Value.Length.Should().Be(news.Length);
        }

        await telling.Within();
        connection.CloseReason.Should().Be(CloseReason.None, "it has read everything in time");
        for (int i = 0; connection.CloseReason == CloseReason.None && i < 1000; i++)
        {
            await MessagesSnippets.TellAll([channel], news, TimeSpan.FromMilliseconds(50)).Within();
        }

        connection.CloseReason.Should().BeOneOf(CloseReason.LocalAbort, CloseReason.LocalDispose);
        reader.Dispose();
    }

    /// <summary>A table of the page. A stop that is held up gets a drain of zero; any other one does not use up its ten minutes.</summary>
    [Theory]
    [InlineData("ending", false, "null")]
    [InlineData("none", false, "null")]
    [InlineData("own", false, "null")]
    [InlineData("Stopping", false, "cancelled")]
    [InlineData("ending", true, "cancelled")]
    [InlineData("none", true, "disposed")]
    [InlineData("own", true, "disposed")]
    [InlineData("Stopping", true, "cancelled")]
    public async Task The_token_of_a_receive_says_how_a_stop_ends_it(string token, bool isInside, string expected)
    {
        using var log = new LogRecorder();
        using var own = new CancellationTokenSource();
        string? end = null;
        await using TcpServer server = TcpServer.Listen("localhost", 0, new TcpServerOptions { LoggerFactory = log });
        Task serving = server.ServeAsync(async (connection, ending) =>
        {
            CancellationToken given = token switch
            {
                "ending" => ending,
                "own" => own.Token,
                "Stopping" => connection.Stopping,
                _ => CancellationToken.None,
            };
            MessageChannel messages = connection.GetMessages(MessageFraming.Lines);
            try
            {
                end = await messages.ReceiveAsync(given) is null ? "null" : "message";
            }
            catch (Exception exception)
            {
                end = exception is OperationCanceledException ? "cancelled" : exception is ObjectDisposedException ? "disposed" : "?";
                throw;
            }
        });
        using TcpClient client = TcpClient.Connect("localhost", server.Port);
        if (isInside)
        {
            await client.SendAsync("x").Within();
        }

        await Eventually.BeTrueAsync(
            () => server.Connections.SingleOrDefault() is { } served
                && served.Channel.IsReceiving && served.BytesReceived == (isInside ? 1 : 0),
            "the handler waits for a message, or for the rest of one");

        bool holdsTheStop = isInside && token != "Stopping";
        await server.StopAsync(holdsTheStop ? TimeSpan.Zero : TimeSpan.FromMinutes(10)).Within();

        await serving.Within();
        end.Should().Be(expected);
        log.Complaints.Should().BeEmpty();
    }

    [Fact]
    public async Task What_is_no_message_is_told_from_the_end()
    {
        (TcpConnection peer, TcpConnection connection) = TcpConnection.CreatePair();
        Task<string> watching = MessagesSnippets.Watch(connection.GetMessages(MessageFraming.LengthPrefix()));
        await peer.SendAsync(new byte[] { 0, 0, 0, 1, 7, 0, 0x20, 0, 0 }).AsTask().Within();

        (await watching.Within()).Should().Be("no message: 2097152 bytes announced, 1048576 allowed");

        peer.Dispose();
        (TcpConnection other, TcpConnection second) = TcpConnection.CreatePair();
        other.Dispose();
        (await MessagesSnippets.Watch(second.GetMessages(MessageFraming.LengthPrefix())).Within()).Should().Be("finished");
        second.Dispose();
    }

    [Fact]
    public async Task Limits_are_options()
    {
        (TcpConnection peer, TcpConnection connection) = TcpConnection.CreatePair();
        MessageChannel messages = MessagesSnippets.Careful(connection);
        await peer.SendAsync(new byte[] { 0 }).AsTask().Within();

        Func<Task> receive = () => messages.ReceiveAsync().Within();

        await receive.Should().ThrowAsync<FrameException>("no empty message is allowed");
        peer.Dispose();
    }

    [Fact]
    public async Task Blocking_calls_need_no_task()
    {
        (MessageChannel client, MessageChannel server) = Pair();
        Task<bool> calls = Limits.OnThread(() => MessagesSnippets.Block(client));
        (await TextAsync(server)).Should().Be("ping");
        await server.SendAsync("pong").AsTask().Within();

        (await calls.Within()).Should().BeTrue();
        client.Dispose();
        server.Dispose();
    }

    private static (MessageChannel Client, MessageChannel Server) Pair()
    {
        (TcpConnection client, TcpConnection server) = TcpConnection.CreatePair();
        return (client.GetMessages(MessageFraming.LengthPrefix()), server.GetMessages(MessageFraming.LengthPrefix()));
    }

    private static async Task<string?> TextAsync(MessageChannel messages) =>
        await messages.ReceiveAsync().Within() is { } message ? Encoding.UTF8.GetString(message) : null;
}
