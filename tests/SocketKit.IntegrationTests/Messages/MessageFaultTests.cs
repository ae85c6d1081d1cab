using System.Buffers;
using System.Diagnostics;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Pipes;

namespace SocketKit.IntegrationTests.Messages;

/// <summary>What is left after a send has failed, or has ended in part.</summary>
public abstract class MessageFaultTests<TEngine, TTransport> : MessageTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    [Fact]
    public async Task Each_message_that_waits_has_the_whole_time_for_itself()
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        MessageChannel peer = accepted.GetMessages(Framing);
        client.SendTimeout = TimeSpan.FromSeconds(2);
        long start = Stopwatch.GetTimestamp();
        (ValueTask first, int before) = await SendUntilOneWaitsAsync(messages);
        for (int i = 0; i <= before; i++)
        {
            NumberOf(await ReceiveAsync(peer)).Should().Be(i);
        }

        await first.Within();
        await Eventually.BeTrueAsync(
            () => Stopwatch.GetElapsedTime(start) > client.SendTimeout * 1.25, "the time of the first message has passed");
        (ValueTask second, int more) = await SendUntilOneWaitsAsync(messages);
        for (int i = 0; i <= more; i++)
        {
            NumberOf(await ReceiveAsync(peer)).Should().Be(i);
        }

        await second.Within();
    }

    [Theory]
    [InlineData(CloseReason.LocalDispose)]
    [InlineData(CloseReason.IdleTimeout)]
    public async Task A_connection_that_is_closed_after_a_message_was_cut_is_reset(CloseReason reason)
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        client.SendTimeout = TimeSpan.FromMilliseconds(50);
        (await Expect.Failure(messages.SendAsync(new byte[1024 * 1024]).AsTask()))
            .Should().BeOfType<SocketTimeoutException>().Which.BytesTransferred.Should().BePositive();

        client.Close(reason);

        client.CloseReason.Should().Be(reason);
        client.Owner!.QueuedBytes.Should().Be(0);
        if (HasReset)
        {
            Expect.Disconnected(await accepted.DrainAsync());
        }
    }

    [Fact]
    public async Task A_full_queue_whose_time_has_passed_takes_messages_again_when_the_peer_reads()
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        client.SendTimeout = TimeSpan.FromMilliseconds(50);
        byte[] message = new byte[1_000];
        await Eventually.BeTrueAsync(() => !TryQueue(messages, message) && client.QueuedBytes > 4_000_000, "the queue is full");
        await Eventually.BeTrueAsync(() => !client.Channel.IsSending, "the time has passed");
        _ = TryQueue(messages, message);

        Task reading = accepted.DrainAsync();

        await Eventually.BeTrueAsync(() => TryQueue(messages, message), "there is room again");
        client.Abort();
        await reading.Within();
    }

    [Fact]
    public async Task DisposeAsync_sends_what_is_queued_although_a_send_before_has_timed_out()
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        client.SendTimeout = TimeSpan.FromMilliseconds(50);
        int queued = 0;
        while (queued < 20_000)
        {
            queued += TryQueue(messages, Numbered(queued, 100)) ? 1 : 0;
        }

        await Eventually.BeTrueAsync(() => !client.Channel.IsSending, "the time has passed, and no call has said so");

        Task disposing = messages.DisposeAsync().AsTask();
        MessageChannel peer = accepted.GetMessages(Framing);
        for (int i = 0; i < queued; i++)
        {
            NumberOf(await ReceiveAsync(peer)).Should().Be(i);
        }

        (await ReceiveAsync(peer)).Should().BeNull();
        await disposing.Within();
    }

    [Fact]
    public async Task A_message_that_a_framing_refuses_leaves_nothing_in_the_queue()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages(framing: MessageFraming.Lines);
        Action refused = () => messages.TrySend("a\nb"u8);

        refused.Should().Throw<ArgumentException>();

        connection.QueuedBytes.Should().Be(0);
        connection.Owner!.HasUnsent.Should().BeFalse();
        messages.TrySend("next"u8).Should().BeTrue();
        await messages.FlushAsync().AsTask().Within();
        (await ReceiveAsync(peer, 5)).Should().Equal("next\n"u8.ToArray());
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Once_this_side_has_closed_no_message_is_handed_out(CallShape shape)
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        await peer.SendAsync((byte[])[.. Frame("one"u8), .. Frame("two"u8)]).AsTask().Within();
        (await ReceiveAsync(messages)).Should().Equal("one"u8.ToArray());

        connection.Dispose();

        await Expect.Disposed(ReceiveBy(shape, connection, messages));
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_framing_of_ones_own_counts_its_frames_whole_in_both_directions(CallShape shape)
    {
        var framing = new Padded(900);
        (_, _, MessageChannel messages) = ConnectMessages(framing: framing);

        (await Expect.Failure(Task.Run(() => SendBy(shape, messages, new byte[200])))).Should().BeOfType<ArgumentException>();
        await SendBy(shape, messages, new byte[50]).Within();
    }

    /// <summary>A message, then zeros.</summary>
    private sealed class Padded(int zeros) : MessageFraming
    {
        public override int DefaultMaxMessageSize => 1_000;

        protected internal override bool TryParse(ref ReadOnlySequence<byte> buffer, ref long state, out ReadOnlySequence<byte> message)
        {
            message = default;
            return false;
        }

        protected internal override void Write(ReadOnlySequence<byte> message, IBufferWriter<byte> output)
        {
            output.Write(message.ToArray());
            output.Write(new byte[zeros]);
        }
    }
}

public sealed class MessageFaultTests_PortableTcp : MessageFaultTests<PortableUnderTest, OverTcp>;

public sealed class MessageFaultTests_PortableUnix : MessageFaultTests<PortableUnderTest, OverUnix>;

public sealed class MessageFaultTests_EpollTcp : MessageFaultTests<EpollUnderTest, OverTcp>;

public sealed class MessageFaultTests_EpollUnix : MessageFaultTests<EpollUnderTest, OverUnix>;

public sealed class MessageFaultTests_EpollWrapped : MessageFaultTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
