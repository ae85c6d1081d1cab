using System.Buffers;
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

        MessagesSnippets.Tell([first, second], "news"u8.ToArray());

        (await TextAsync(reader)).Should().Be("news");
        connection.CloseReason.Should().Be(CloseReason.LocalDispose);
        slow.Dispose();
        reader.Dispose();
        first.Dispose();
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
