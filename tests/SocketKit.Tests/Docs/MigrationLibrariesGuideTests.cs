using System.Net;
using System.Text;
using DotNetty.Transport.Channels;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tests.Framing;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/migration-libraries.md, run; DotNetty's, too.</summary>
public sealed class MigrationLibrariesGuideTests
{
    [Fact]
    public async Task Each_line_of_the_chat_goes_to_all()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0);
        using var stop = new CancellationTokenSource();
        Task serving = MigrationLibrariesSnippets.Chat(server, stop.Token);
        await using MessageChannel first = await ConnectAsync(server.Port, MessageFraming.Lines);
        await first.SendAsync("one").Within();
        (await TextAsync(first)).Should().Be("one");
        await using MessageChannel second = await ConnectAsync(server.Port, MessageFraming.Lines);
        await second.SendAsync("two").Within();

        (await TextAsync(first)).Should().Be("two");
        (await TextAsync(second)).Should().Be("two");
        await using MessageChannel third = await ConnectAsync(server.Port, MessageFraming.Delimiter("\n"u8));
        await third.SendAsync("three\r\r").Within();
        (await TextAsync(third)).Should().Be("three", "a line that ends with CR cannot be sent");
        await third.SendAsync("four").Within();
        (await TextAsync(third)).Should().Be("four");

        await stop.CancelAsync();
        await serving.Within();
    }

    [Fact]
    public async Task Packages_with_their_length_are_answered()
    {
        using var stop = new CancellationTokenSource();
        int port = FreePort.Next();
        Task serving = MigrationLibrariesSnippets.Packages(port, stop.Token);
        await using MessageChannel client = await ConnectAsync(port, MessageFraming.LengthPrefix());

        await client.SendAsync("package").Within();

        (await TextAsync(client)).Should().Be("PACKAGE");
        await stop.CancelAsync();
        await serving.Within();
    }

    [Fact]
    public void A_package_with_a_key_keeps_its_header()
    {
        byte[] package = [7, 0, 0, 2, (byte)'o', (byte)'k'];
        var receiver = new Receiver(MigrationLibrariesSnippets.WithKey());

        receiver.Receive((byte[])[.. package, .. package]);

        receiver.Messages.Should().HaveCount(2).And.AllSatisfy(message => message.Should().Equal(package));
    }

    [Fact]
    public async Task A_question_is_answered_or_times_out()
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0);
        using var stop = new CancellationTokenSource();
        Task serving = MigrationLibrariesSnippets.Serve(server, stop.Token);

        (await MigrationLibrariesSnippets.Ask(server.Port, CancellationToken.None).Within()).Should().Be("PING");

        await stop.CancelAsync();
        await serving.Within();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_server_before_and_after_the_migration_from_DotNetty_gives_the_same_answers(bool migrated)
    {
        await using TcpServer server = TcpServer.Listen("localhost", 0);
        using var stop = new CancellationTokenSource();
        Task serving = migrated ? MigrationLibrariesSnippets.Serve(server, stop.Token) : Task.CompletedTask;
        var accepting = new MultithreadEventLoopGroup(1);
        var loops = new MultithreadEventLoopGroup(1);
        int port = migrated ? server.Port : PortOf(await MigrationDotNettySnippets.Listen(accepting, loops).Within());
        await using (MessageChannel client = await ConnectAsync(port, MessageFraming.LengthPrefix()))
        {
            foreach (string text in (string[])["a", "longer", new string('x', 100_000)])
            {
                client.TrySend(Encoding.UTF8.GetBytes(text)).Should().BeTrue();
            }

            (await TextAsync(client)).Should().Be("A");
            (await TextAsync(client)).Should().Be("LONGER");
            (await TextAsync(client)).Should().Be(new string('X', 100_000));
        }

        await stop.CancelAsync();
        await serving.Within();
        await Task.WhenAll(
            accepting.ShutdownGracefullyAsync(TimeSpan.Zero, TimeSpan.FromSeconds(1)),
            loops.ShutdownGracefullyAsync(TimeSpan.Zero, TimeSpan.FromSeconds(1))).Within();
    }

    [Fact]
    public void A_message_of_WatsonTcp_is_read_however_it_is_cut()
    {
        byte[] stream = Encoding.UTF8.GetBytes(
            """{"len":0,"status":"RegisterClient","ts":"2026-01-01T00:00:00Z"}""" + "\r\n\r\n"
            + """{"len":9,"status":"Normal","syncreq":false,"md":{"a":"b"}}""" + "\r\n\r\nhe\r\n\r\nllo"
            + """{"status":"Normal","len":1}""" + "\r\n\r\nx");
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            var receiver = new Receiver(new MigrationLibrariesSnippets.WatsonFraming());
            receiver.Receive(stream.AsMemory(0, cut));
            receiver.Receive(stream.AsMemory(cut));

            receiver.Refusal.Should().BeNull();
            receiver.Messages.Select(static message => Encoding.UTF8.GetString(message)).Should().Equal("", "he\r\n\r\nllo", "x");
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("null\r\n\r\n")]
    [InlineData("""{"len":-1}""" + "\r\n\r\n")]
    [InlineData("""{"len":9223372036854775807}""" + "\r\n\r\n")]
    [InlineData("""{"len":"9"}""" + "\r\n\r\n")]
    [InlineData("""{"len":1""" + "\r\n\r\n")]
    public void What_is_no_message_of_WatsonTcp_is_refused(string bytes)
    {
        var receiver = new Receiver(new MigrationLibrariesSnippets.WatsonFraming());

        receiver.Receive(Encoding.UTF8.GetBytes(bytes));

        receiver.Refusal.Should().NotBeNull();
    }

    [Fact]
    public void A_header_without_an_end_is_refused_and_what_is_written_can_be_read()
    {
        var framing = new MigrationLibrariesSnippets.WatsonFraming();
        var receiver = new Receiver(framing);
        receiver.Receive(new byte[5_000]);
        receiver.Refusal.Should().NotBeNull();

        var output = new System.Buffers.ArrayBufferWriter<byte>();
        framing.Write(new System.Buffers.ReadOnlySequence<byte>("hello"u8.ToArray()), output);
        Encoding.UTF8.GetString(output.WrittenSpan).Should().Be("""{"len":5,"status":"Normal"}""" + "\r\n\r\nhello");
    }

    private static int PortOf(IChannel listening) => ((IPEndPoint)listening.LocalAddress).Port;

    private static async Task<MessageChannel> ConnectAsync(int port, MessageFraming framing) =>
        (await TcpClient.ConnectAsync("127.0.0.1", port).Within()).GetMessages(framing);

    private static async Task<string?> TextAsync(MessageChannel messages) =>
        await messages.ReceiveAsync().Within() is { } message ? Encoding.UTF8.GetString(message) : null;
}
