using System.Text;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>What a client of a sample sends, or does not read, is no failure of the sample's handler.</summary>
public sealed class SampleHandlerTests
{
    [Fact]
    public async Task A_line_with_two_CR_goes_to_all_members_of_the_chat()
    {
        using ChildProcess server = ChildProcess.StartSample("ChatServer", "serve", "0");
        using TcpClient client = TcpClient.Connect("localhost", await server.PortAfter("listening on port"));
        MessageChannel lines = client.GetMessages(MessageFraming.Delimiter("\n"u8));

        await lines.SendAsync("guest\r\r").AsTask().Within();
        (await TextAsync(lines)).Should().Be("* guest is here");
        await lines.SendAsync("hello\r\r").AsTask().Within();
        (await TextAsync(lines)).Should().Be("guest: hello");
        await lines.SendAsync("still here").AsTask().Within();
        (await TextAsync(lines)).Should().Be("guest: still here");
    }

    [Fact]
    public async Task To_be_cut_by_the_chat_is_no_failure_of_a_handler()
    {
        using ChildProcess run = ChildProcess.StartSample("ChatServer");

        string all = string.Join('\n', await run.End());

        all.Should().Contain("the one who never reads is cut").And.NotContain("A handler of");
    }

    /// <summary>Each of these bytes is U+FFFD in the text, which takes three bytes.</summary>
    [Fact]
    public async Task An_answer_that_would_be_too_long_ends_the_connection_in_order()
    {
        using ChildProcess server = ChildProcess.StartSample("LengthPrefixed", "server", "0");
        using TcpClient client = TcpClient.Connect("localhost", await server.PortAfter("listening on port"));
        MessageChannel messages = client.GetMessages(MessageFraming.LengthPrefix());
        byte[] text = new byte[64 * 1024];
        text.AsSpan().Fill(0xFF);

        await messages.SendAsync(text).AsTask().Within();

        (await TextAsync(messages)).Should().BeNull();
    }

    private static async Task<string?> TextAsync(MessageChannel messages) =>
        await messages.ReceiveAsync().AsTask().Within() is { } message ? Encoding.UTF8.GetString(message) : null;
}
