using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Pipes;

namespace SocketKit.IntegrationTests.Messages;

/// <summary>What a receive hands out.</summary>
public abstract class MessageReceiveTests<TEngine, TTransport> : MessageTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Messages_come_whole_and_in_order_and_then_the_end(CallShape shape)
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        int[] lengths = [0, 1, 5, 4_000, 4_096, 70_000, 3];
        byte[][] sent = [.. lengths.Select(static length => Payload.Of(length))];
        Task sending = Task.Run(async () =>
        {
            await peer.SendAsync(sent.SelectMany(static message => Frame(message)).ToArray());
            peer.ShutdownSend();
        });

        foreach (byte[] message in sent)
        {
            (await ReceiveBy(shape, connection, messages).Within()).Should().Equal(message);
        }

        (await ReceiveBy(shape, connection, messages).Within()).Should().BeNull();
        (await ReceiveBy(shape, connection, messages).Within()).Should().BeNull("the end stays");
        await sending.Within();
        connection.CloseReason.Should().Be(CloseReason.PeerFinished);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Messages_that_come_in_small_pieces_are_equal(CallShape shape)
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        byte[][] sent = [.. Enumerable.Range(0, 30).Select(static i => Payload.Of(i * 3))];
        var random = new Random(1);
        Task sending = Task.Run(async () =>
        {
            ReadOnlyMemory<byte> rest = sent.SelectMany(static message => Frame(message)).ToArray();
            while (!rest.IsEmpty)
            {
                int count = Math.Min(random.Next(1, 8), rest.Length);
                await peer.SendAsync(rest[..count]);
                rest = rest[count..];
                await Task.Yield();
            }
        });

        foreach (byte[] message in sent)
        {
            (await ReceiveBy(shape, connection, messages).Within()).Should().Equal(message);
        }

        await sending.Within();
    }

    [Fact]
    public async Task A_message_is_valid_until_the_next_receive_also_while_more_arrives()
    {
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages();
        byte[] first = Payload.Of(1_000);
        await peer.SendAsync(Frame(first)).AsTask().Within();
        ReadOnlySequence<byte>? message = await messages.ReceiveAsync().Within();

        await peer.SendAsync(Frame(Payload.Of(5_000))).AsTask().Within();

        message!.Value.ToArray().Should().Equal(first);
        (await ReceiveAsync(messages)).Should().Equal(Payload.Of(5_000));
    }

    [Fact]
    [SuppressMessage("Reliability", "CA2012", Justification = "After its task has ended it is compared only.")]
    public async Task A_thousand_messages_of_one_segment_come_in_order_and_give_way_now_and_then()
    {
        const int Many = 1_000;
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        await peer.SendAsync(Enumerable.Range(0, Many).SelectMany(static i => Frame(Numbered(i))).ToArray()).AsTask().Within();
        connection.WaitReadable(Limits.Hang).Should().BeTrue();
        int inARow = 0;
        int most = 0;

        for (int i = 0; i < Many; i++)
        {
            ValueTask<ReadOnlySequence<byte>?> receive = messages.ReceiveAsync();
            Task<ReadOnlySequence<byte>?> received = receive.AsTask();
            ReadOnlySequence<byte>? message = await received.Within();

            // A task that gave way may have ended before anybody looks at it, but it does not hold its result by itself.
            inARow = receive.Equals(new ValueTask<ReadOnlySequence<byte>?>(message)) ? inARow + 1 : 0;
            most = Math.Max(most, inARow);
            NumberOf(Copy(message)).Should().Be(i);
        }

        most.Should().BeLessThanOrEqualTo(256);
    }

    [Fact]
    public async Task A_token_ends_the_wait_and_no_byte_is_lost()
    {
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages();
        byte[] frame = Frame("abcd"u8);
        await peer.SendAsync(frame.AsMemory(0, 6)).AsTask().Within();
        using var source = new CancellationTokenSource();
        Task receive = messages.ReceiveAsync(source.Token).AsTask();

        await source.CancelAsync();

        await Expect.Canceled(receive, source.Token);
        await Expect.Canceled(messages.ReceiveAsync(source.Token).AsTask(), source.Token);
        await Expect.Canceled(messages.ReceiveAllAsync(source.Token).GetAsyncEnumerator().MoveNextAsync().AsTask(), source.Token);
        await peer.SendAsync(frame.AsMemory(6)).AsTask().Within();
        (await ReceiveAsync(messages)).Should().Equal("abcd"u8.ToArray());
    }

    [Fact]
    public async Task A_cancel_storm_loses_no_message()
    {
        const int Many = 3_000;
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages();
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < Many; i++)
            {
                byte[] frame = Frame(Numbered(i, i % 50));
                await peer.SendAsync(frame.AsMemory(0, 3));
                await peer.SendAsync(frame.AsMemory(3));
            }
        });
        var random = new Random(1);

        for (int i = 0; i < Many;)
        {
            using var source = new CancellationTokenSource();
            ValueTask<ReadOnlySequence<byte>?> receive = messages.ReceiveAsync(source.Token);
            Thread.SpinWait(random.Next(300));
            await source.CancelAsync();
            try
            {
                NumberOf(Copy(await receive.Within())).Should().Be(i);
                i++;
            }
            catch (OperationCanceledException)
            {
                // As asked.
            }
        }

        await sending.Within();
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_time_out_in_mid_message_leaves_the_channel_usable(CallShape shape)
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        byte[] frame = Frame("abcd"u8);
        await peer.SendAsync(frame.AsMemory(0, 6)).AsTask().Within();
        connection.ReceiveTimeout = TimeSpan.FromMilliseconds(50);

        await Expect.Timeout(ReceiveBy(shape, connection, messages));

        connection.ReceiveTimeout = Timeout.InfiniteTimeSpan;
        await peer.SendAsync(frame.AsMemory(6)).AsTask().Within();
        (await ReceiveBy(shape, connection, messages).Within()).Should().Equal("abcd"u8.ToArray());
    }

    [Fact]
    public async Task TryReceive_never_waits_and_the_blocking_one_does_not_in_non_blocking_mode()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        connection.Blocking = false;
        Action receive = () => messages.Receive();

        messages.TryReceive(out ReadOnlySequence<byte>? nothing).Should().BeFalse();
        nothing.Should().BeNull();
        Expect.Socket(Record.Exception(receive), System.Net.Sockets.SocketError.WouldBlock);

        await peer.SendAsync(Frame("ab"u8)).AsTask().Within();
        connection.WaitReadable(Limits.Hang).Should().BeTrue();
        Copy(messages.Receive()).Should().Equal("ab"u8.ToArray());
    }

    [Fact]
    public async Task A_second_receive_is_refused_and_the_first_goes_on()
    {
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages();
        ValueTask<ReadOnlySequence<byte>?> first = messages.ReceiveAsync();
        Action[] others =
        [
            () => messages.ReceiveAsync().AsTask().Wait(Limits.Hang),
            () => messages.TryReceive(out _),
            () => messages.Receive(),
        ];

        others.Select(static call => Record.Exception(call)).Should().AllBeOfType<InvalidOperationException>();

        await peer.SendAsync(Frame("ab"u8)).AsTask().Within();
        Copy(await first.Within()).Should().Equal("ab"u8.ToArray());
    }

    [Fact]
    public async Task Await_foreach_gives_every_message_and_ends_with_the_peer()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth();
        await client.SendAsync("one").AsTask().Within();
        await client.SendAsync("two").AsTask().Within();
        await client.DisposeAsync();
        var texts = new List<string>();

        await foreach (ReadOnlySequence<byte> message in accepted.ReceiveAllAsync())
        {
            texts.Add(Encoding.UTF8.GetString(message));
        }

        texts.Should().Equal("one", "two");
    }

    [Fact]
    public async Task Messages_that_came_before_a_reset_or_with_the_end_are_handed_out_first()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        await peer.SendAsync((byte[])[.. Frame("a"u8), .. Frame("b"u8)]).AsTask().Within();
        (await ReceiveAsync(messages)).Should().Equal("a"u8.ToArray());

        peer.Abort();

        (await ReceiveAsync(messages)).Should().Equal("b"u8.ToArray());
        Exception? end = await Expect.Failure(messages.ReceiveAsync().AsTask());
        if (HasReset)
        {
            Expect.Disconnected(end);
            connection.CloseReason.Should().Be(CloseReason.PeerReset);
        }
        else
        {
            end.Should().BeNull();
        }
    }

    [Fact]
    public async Task Disposing_ends_a_receive_that_waits()
    {
        (_, _, MessageChannel messages) = ConnectMessages();
        Task receive = messages.ReceiveAsync().AsTask();

        messages.Dispose();
        messages.Dispose();

        await Expect.Disposed(receive);
        await Expect.Disposed(messages.ReceiveAsync().AsTask());
    }

    [Fact]
    public async Task A_second_await_of_the_same_receive_throws()
    {
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages();
        ValueTask<ReadOnlySequence<byte>?> receive = messages.ReceiveAsync();
        receive.IsCompleted.Should().BeFalse();
        await peer.SendAsync(Frame("ab"u8)).AsTask().Within();
        Copy(await receive.Within()).Should().NotBeNull();

        Func<Task> again = async () => await receive;

        await again.Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task An_own_framing_is_given_the_same_state_until_its_message_is_there()
    {
        var framing = new CountingFraming();
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages(framing: framing);
        ValueTask<ReadOnlySequence<byte>?> receive = messages.ReceiveAsync();
        foreach (byte value in "abc;"u8.ToArray())
        {
            await peer.SendAsync(new[] { value }).AsTask().Within();
        }

        Copy(await receive.Within()).Should().Equal("abc"u8.ToArray());
        framing.Scanned.Should().Be(4, "no byte is looked at twice");
        await messages.SendAsync("def").AsTask().Within();
        (await ReceiveAsync(peer, 4)).Should().Equal("def;"u8.ToArray());
    }

    /// <summary>Ends messages with a semicolon, and counts the bytes that it looks at.</summary>
    private sealed class CountingFraming : MessageFraming
    {
        public override int DefaultMaxMessageSize => 1_000;

        public int Scanned { get; private set; }

        protected internal override bool TryParse(ref ReadOnlySequence<byte> buffer, ref long state, out ReadOnlySequence<byte> message)
        {
            foreach (byte value in buffer.Slice(state).ToArray())
            {
                Scanned++;
                state++;
                if (value == (byte)';')
                {
                    message = buffer.Slice(0, state - 1);
                    buffer = buffer.Slice(state);
                    return true;
                }
            }

            message = default;
            return false;
        }

        protected internal override void Write(ReadOnlySequence<byte> message, IBufferWriter<byte> output)
        {
            foreach (ReadOnlyMemory<byte> piece in message)
            {
                output.Write(piece.Span);
            }

            output.Write(";"u8);
        }
    }
}

public sealed class MessageReceiveTests_PortableTcp : MessageReceiveTests<PortableUnderTest, OverTcp>;

public sealed class MessageReceiveTests_PortableUnix : MessageReceiveTests<PortableUnderTest, OverUnix>;

public sealed class MessageReceiveTests_EpollTcp : MessageReceiveTests<EpollUnderTest, OverTcp>;

public sealed class MessageReceiveTests_EpollUnix : MessageReceiveTests<EpollUnderTest, OverUnix>;

public sealed class MessageReceiveTests_EpollWrapped : MessageReceiveTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
