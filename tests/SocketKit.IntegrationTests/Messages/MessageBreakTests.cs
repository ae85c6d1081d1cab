using System.Buffers;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Pipes;

namespace SocketKit.IntegrationTests.Messages;

/// <summary>What the calls of others say once one call has ended the connection.</summary>
public abstract class MessageBreakTests<TEngine, TTransport> : MessageTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_bad_frame_names_the_operation_the_endpoints_and_what_the_bytes_are(CallShape shape)
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        await peer.SendAsync("GET / HTTP/1.1\r\n").AsTask().Within();

        Exception? fault = await Expect.Failure(ReceiveBy(shape, connection, messages));

        fault.Should().BeOfType<FrameException>().Which.Message.Should().Be(
            $"receive on {connection.Describe('←')}: the peer announced a message that is too long: its length field says 1195725856 "
            + "(these are the bytes \"GET \"); the limit is 1048576 bytes.");
    }

    [Fact]
    public async Task After_a_bad_frame_every_call_says_what_it_was()
    {
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages(bufferSize: SmallBuffer);
        (ValueTask waiting, _) = await SendUntilOneWaitsAsync(messages);
        Task queued = messages.SendAsync(Numbered(-2)).AsTask();
        await peer.SendAsync("GET / HTTP/1.1\r\n").AsTask().Within();

        (await Expect.Failure(messages.ReceiveAsync().AsTask())).Should().BeOfType<FrameException>();

        const string Why = "a receive has aborted the connection: the peer announced a message that is too long: its length field says "
            + "1195725856 (these are the bytes \"GET \"); the limit is 1048576 bytes.";
        await ShouldSayAsync(messages, Why, waiting.AsTask(), queued);
    }

    [Fact]
    public async Task After_half_a_frame_every_call_says_so()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        await peer.SendAsync(new byte[] { 0, 0, 0, 9, 1 }).AsTask().Within();
        peer.ShutdownSend();

        FrameException fault = (await Expect.Failure(messages.ReceiveAsync().AsTask())).Should().BeOfType<FrameException>().Subject;

        const string What = "the peer finished inside a message, after 5 of its bytes.";
        fault.Message.Should().Be($"receive on {connection.Describe('←')}: {What}");
        await ShouldSayAsync(messages, "a receive has aborted the connection: " + What);
    }

    [Fact]
    public async Task After_too_many_empty_messages_every_call_says_so()
    {
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages(new MessageOptions { MaxEmptyMessages = 0 });
        await peer.SendAsync(new byte[4]).AsTask().Within();

        (await Expect.Failure(messages.ReceiveAsync().AsTask())).Should().BeOfType<FrameException>();

        await ShouldSayAsync(
            messages, "a receive has aborted the connection: the peer sent 1 empty messages in a row, more than the limit.");
    }

    [Fact]
    public async Task After_a_framing_of_ones_own_has_thrown_every_call_says_what_it_was()
    {
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages(framing: new Broken());
        await peer.SendAsync("x").AsTask().Within();

        (await Expect.Failure(messages.ReceiveAsync().AsTask())).Should().BeOfType<FormatException>().Which.Message.Should().Be("no x.");

        await ShouldSayAsync(messages, "a receive has aborted the connection: the framing threw FormatException: no x.");
    }

    [Fact]
    public async Task After_a_cancelled_send_every_call_says_what_a_plain_connection_says()
    {
        (StreamConnection plain, _) = Connect(SmallBuffer);
        using var source = new CancellationTokenSource();
        Task cut = plain.SendAsync(new byte[16 * 1024 * 1024], source.Token).AsTask();
        (StreamConnection connection, _) = Connect(SmallBuffer);
        MessageChannel messages = connection.GetMessages(Framing);
        (ValueTask first, _) = await SendUntilOneWaitsAsync(messages, 1024 * 1024, source.Token);
        Task second = messages.SendAsync(Numbered(-2)).AsTask();

        await source.CancelAsync();

        await Expect.Canceled(cut, source.Token);
        await Expect.Canceled(first.AsTask(), source.Token);
        const string Why = "a cancelled send left part of its message; the connection was aborted.";
        Exception? ofPlain = await Expect.Failure(plain.SendAsync(new byte[1]).AsTask());
        ofPlain.Should().BeOfType<ObjectDisposedException>().Which.Message.Should().Contain(Why);
        await ShouldSayAsync(messages, Why, second);
    }

    [Fact]
    public async Task After_the_peer_is_gone_and_this_side_has_closed_every_call_says_both()
    {
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages();
        peer.Dispose();
        (await ReceiveAsync(messages)).Should().BeNull();
        messages.Dispose();

        await ShouldSayAsync("the socket was disposed, after its peer had finished.", SendsOf(messages));
        (await ReceiveAsync(messages)).Should().BeNull("the end stays the end");

        if (HasReset)
        {
            (peer, _, messages) = ConnectMessages();
            peer.Abort();
            Expect.Disconnected(await Expect.Failure(messages.ReceiveAsync().AsTask()));
            messages.Dispose();

            await ShouldSayAsync(messages, "the socket was disposed, after its peer had reset the connection.");
        }
    }

    [Fact]
    public async Task While_a_receive_of_the_messages_waits_a_second_GetMessages_says_that_there_was_a_first()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        Task<byte[]?> receive = ReceiveAsync(messages);
        Action again = () => connection.GetMessages(Framing);
        Action pipe = () => connection.GetPipe();

        again.Should().Throw<InvalidOperationException>().WithMessage("*GetMessages*");
        pipe.Should().Throw<InvalidOperationException>().WithMessage("*GetMessages*");
        await peer.SendAsync(Frame("one"u8)).AsTask().Within();
        (await receive.Within()).Should().Equal("one"u8.ToArray());
    }

    /// <summary>These calls, and all that begin now, say why.</summary>
    private static Task ShouldSayAsync(MessageChannel messages, string why, params Task[] pending) => ShouldSayAsync(
        why,
        [
            .. pending.Select(static task => (Func<Task>)(() => task)),
            () => Limits.OnThread(() => messages.Receive()),
            () => Limits.OnThread(() => messages.TryReceive(out _)),
            () => messages.ReceiveAsync().AsTask(),
            .. SendsOf(messages),
        ]);

    /// <summary>These calls say why, and that it is no disconnect that the peer is to blame for.</summary>
    private static async Task ShouldSayAsync(string why, Func<Task>[] calls)
    {
        foreach (Func<Task> call in calls)
        {
            Exception? fault = await Expect.Failure(call());
            fault.Should().BeOfType<ObjectDisposedException>().Which.Message.Should().Contain(": " + why);
            fault!.IsDisconnect().Should().BeFalse();
        }
    }

    private static Func<Task>[] SendsOf(MessageChannel messages) =>
    [
        () => SendBy(CallShape.Blocking, messages, Numbered(1)),
        () => SendBy(CallShape.Try, messages, Numbered(2)),
        () => SendBy(CallShape.Async, messages, Numbered(3)),
        () => messages.FlushAsync().AsTask(),
    ];

    private sealed class Broken : MessageFraming
    {
        public override int DefaultMaxMessageSize => 1_000;

        protected internal override bool TryParse(ref ReadOnlySequence<byte> buffer, ref long state, out ReadOnlySequence<byte> message) =>
            throw new FormatException("no x.");

        protected internal override void Write(ReadOnlySequence<byte> message, IBufferWriter<byte> output) =>
            output.Write(message.ToArray());
    }
}

public sealed class MessageBreakTests_PortableTcp : MessageBreakTests<PortableUnderTest, OverTcp>;

public sealed class MessageBreakTests_PortableUnix : MessageBreakTests<PortableUnderTest, OverUnix>;

public sealed class MessageBreakTests_EpollTcp : MessageBreakTests<EpollUnderTest, OverTcp>;

public sealed class MessageBreakTests_EpollUnix : MessageBreakTests<EpollUnderTest, OverUnix>;

public sealed class MessageBreakTests_EpollWrapped : MessageBreakTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
