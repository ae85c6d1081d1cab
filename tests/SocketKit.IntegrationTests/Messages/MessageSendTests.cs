using System.Buffers;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Pipes;

namespace SocketKit.IntegrationTests.Messages;

/// <summary>What is sent, in which order, and what each call gets.</summary>
public abstract class MessageSendTests<TEngine, TTransport> : MessageTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Messages_of_any_size_arrive_in_order(CallShape shape)
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth();
        int[] lengths = [0, 1, 3, 4_092, 4_093, 70_000, 1024 * 1024, 2];
        Task sending = Task.Run(async () =>
        {
            foreach (int length in lengths)
            {
                await SendBy(shape, client, Payload.Of(length));
            }

            await client.FlushAsync();
        });

        foreach (int length in lengths)
        {
            (await ReceiveAsync(accepted)).Should().Equal(Payload.Of(length));
        }

        await sending.Within();
    }

    [Fact]
    public async Task Every_way_to_send_keeps_the_order_of_the_calls()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth(bufferSize: SmallBuffer);
        var sends = new List<Task>();
        for (int i = 0; i < 300; i += 6)
        {
            byte[] message = Numbered(i + 1, 600);
            client.TrySend(Numbered(i, 700)).Should().BeTrue();
            sends.Add(client.SendAsync(message).AsTask());
            sends.Add(client.SendAsync(Segments.Cut(Numbered(i + 2, 500), 3)).AsTask());
            sends.Add(client.WriteAsync(i + 3, static (output, number) => output.Write(Numbered(number, 400))).AsTask());
            client.TrySend(Numbered(i + 4, 10)).Should().BeTrue();
            client.TrySend(Numbered(i + 5, 10)).Should().BeTrue();
        }

        for (int i = 0; i < 300; i++)
        {
            NumberOf(await ReceiveAsync(accepted)).Should().Be(i);
        }

        await Task.WhenAll(sends).Within();
        await client.FlushAsync().AsTask().Within();
        client.Connection.Owner!.HasUnsent.Should().BeFalse();
    }

    [Fact]
    public async Task Messages_sent_while_a_send_waits_go_in_one_piece_each_and_every_call_succeeds()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth(bufferSize: SmallBuffer);
        (ValueTask first, int before) = await SendUntilOneWaitsAsync(client, 100_000);
        Task[] others = [.. Enumerable.Range(before + 1, 1_000).Select(i => client.SendAsync(Numbered(i, 40)).AsTask())];
        others.Should().NotContain(static send => send.IsCompleted);

        for (int i = 0; i <= before + 1_000; i++)
        {
            NumberOf(await ReceiveAsync(accepted)).Should().Be(i);
        }

        await first.Within();
        await Task.WhenAll(others).Within();
    }

    [Fact]
    public async Task What_TrySend_queued_leaves_at_the_latest_when_the_thread_is_done()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth();
        await Task.Run(() => client.TrySend(Numbered(1)).Should().BeTrue()).Within();

        NumberOf(await ReceiveAsync(accepted)).Should().Be(1);
    }

    [Fact]
    public async Task What_TrySend_queued_leaves_in_one_call_when_the_receive_waits()
    {
        (StreamConnection client, StreamConnection accepted) = Connect();
        MessageChannel messages = accepted.GetMessages(Framing);
        MessageChannel peer = client.GetMessages(Framing);
        Task echo = EchoAsync(messages);
        for (int round = 0; round < 20; round++)
        {
            for (int i = 0; i < 100; i++)
            {
                peer.TrySend(Numbered(i, 32)).Should().BeTrue();
            }

            for (int i = 0; i < 100; i++)
            {
                NumberOf(await ReceiveAsync(peer)).Should().Be(i);
            }
        }

        await peer.DisposeAsync();
        await echo.Within();
    }

    [Fact]
    public async Task TrySend_to_a_peer_that_never_reads_takes_the_limit_and_then_refuses()
    {
        const long Limit = 4 * 1024 * 1024;
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        byte[] message = new byte[96];
        int queued = 0;
        while (messages.TrySend(message) && queued < 1_000_000)
        {
            queued++;
        }

        messages.TrySend(message).Should().BeFalse("the limit is reached");
        client.QueuedBytes.Should().BeInRange(
            Limit - 100 - (64 * 1024), Limit, "the kernel may have a part of what is being sent");

        // Whatever is refused is not sent, and the rest goes once the peer reads.
        MessageChannel peer = accepted.GetMessages(Framing);
        for (int i = 0; i < queued; i++)
        {
            (await ReceiveAsync(peer)).Should().HaveCount(96);
        }

        await messages.FlushAsync().AsTask().Within();
        messages.TrySend(message).Should().BeTrue();
        (await ReceiveAsync(peer)).Should().HaveCount(96);
    }

    [Fact]
    public async Task A_flush_waits_for_everything_and_its_token_takes_nothing_away()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth(bufferSize: SmallBuffer);
        int queued = 0;
        for (; queued < 20_000; queued++)
        {
            client.TrySend(Numbered(queued, 100)).Should().BeTrue();
        }

        using var source = new CancellationTokenSource();
        Task cancelled = client.FlushAsync(source.Token).AsTask();
        Task flush = client.FlushAsync().AsTask();
        await source.CancelAsync();

        await Expect.Canceled(cancelled, source.Token);
        flush.IsCompleted.Should().BeFalse();
        for (int i = 0; i < queued; i++)
        {
            NumberOf(await ReceiveAsync(accepted)).Should().Be(i);
        }

        await flush.Within();
        ValueTask last = client.FlushAsync();
        last.IsCompletedSuccessfully.Should().BeTrue("nothing is queued");
        await last;
    }

    [Fact]
    public async Task A_message_that_the_framing_cannot_carry_is_refused_before_any_byte_goes()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) =
            ConnectMessages(framing: MessageFraming.FixedSize(4));
        (StreamConnection linePeer, StreamConnection lineConnection, MessageChannel lines) =
            ConnectMessages(framing: MessageFraming.Lines);
        byte[] tooLong = new byte[8 * 1024 + 1];
        Action[] calls =
        [
            () => messages.SendAsync(new byte[3]).AsTask(),
            () => messages.TrySend(new byte[5]),
            () => messages.Send(new byte[5]),
            () => messages.SendAsync(Segments.Cut(new byte[6], 3)).AsTask(),
            () => messages.SendAsync("a").AsTask(),
            () => messages.WriteAsync(0, static (output, _) => output.Write("12345"u8)).AsTask(),
            () => lines.SendAsync("a\nb").AsTask(),
            () => lines.TrySend("a\n"u8),
            () => lines.Send("a\n"u8),
            () => lines.SendAsync(tooLong).AsTask(),
            () => lines.TrySend(tooLong),
            () => lines.Send(tooLong),
            () => lines.WriteAsync(tooLong, static (output, bytes) => output.Write(bytes)).AsTask(),
        ];

        Exception?[] faults = [.. calls.Select(static call => Record.Exception(call))];
        faults.Should().AllBeAssignableTo<ArgumentException>();
        faults[^4..].Should().AllSatisfy(fault => fault!.Message.Should().ContainAll(
            $"A message of {tooLong.Length} bytes", "MaxMessageSize", $"{MessageFraming.Lines.DefaultMaxMessageSize} bytes"));

        connection.BytesSent.Should().Be(0);
        lineConnection.BytesSent.Should().Be(0);
        await messages.SendAsync("1234").AsTask().Within();
        await lines.SendAsync("ok").AsTask().Within();
        (await ReceiveAsync(peer, 4)).Should().Equal("1234"u8.ToArray());
        (await ReceiveAsync(linePeer, 3)).Should().Equal("ok\n"u8.ToArray());
    }

    [Fact]
    public async Task A_writer_that_throws_sends_nothing()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth();
        Action write = () => client.WriteAsync(0, static (output, _) =>
        {
            output.Write(new byte[10_000]);
            throw new FormatException();
        }).AsTask();

        write.Should().Throw<FormatException>();

        await client.SendAsync("next").AsTask().Within();
        (await ReceiveAsync(accepted)).Should().Equal("next"u8.ToArray());
    }

    [Fact]
    public async Task A_message_written_in_place_may_be_long_and_lie_in_many_pieces()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth();
        byte[] sent = Payload.Of(300_000);

        ValueTask write = client.WriteAsync(sent, static (output, bytes) =>
        {
            foreach (byte[] part in bytes.Chunk(999))
            {
                output.Write(part);
            }
        });

        (await ReceiveAsync(accepted)).AsSpan().SequenceEqual(sent).Should().BeTrue();
        await write.Within();
    }

    [Fact]
    public async Task A_token_takes_a_message_out_while_none_of_its_bytes_went()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth(bufferSize: SmallBuffer);
        (ValueTask first, int before) = await SendUntilOneWaitsAsync(client);
        using var source = new CancellationTokenSource();
        Task second = client.SendAsync(Numbered(-2), source.Token).AsTask();
        Task third = client.SendAsync(Numbered(before + 1)).AsTask();

        await source.CancelAsync();

        await Expect.Canceled(second, source.Token);
        await Expect.Canceled(client.SendAsync(Numbered(-3), source.Token).AsTask(), source.Token);
        await Expect.Canceled(client.WriteAsync(0, static (_, _) => { }, source.Token).AsTask(), source.Token);
        for (int i = 0; i <= before + 1; i++)
        {
            NumberOf(await ReceiveAsync(accepted)).Should().Be(i);
        }

        await first.Within();
        await third.Within();
    }

    [Fact]
    public async Task A_token_that_fires_when_a_part_went_aborts_the_connection_and_those_behind_were_not_begun()
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        using var source = new CancellationTokenSource();
        (ValueTask first, _) = await SendUntilOneWaitsAsync(messages, 1024 * 1024, source.Token);
        Task second = messages.SendAsync(Numbered(-2)).AsTask();

        await source.CancelAsync();

        await Expect.Canceled(first.AsTask(), source.Token);
        await Expect.Disposed(second);
        client.CloseReason.Should().Be(CloseReason.LocalAbort);
        await accepted.DrainAsync();
    }

    [Fact]
    public async Task A_deadline_that_cuts_a_message_says_how_much_went_and_nothing_follows()
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        client.SendTimeout = TimeSpan.FromMilliseconds(100);
        (ValueTask first, _) = await SendUntilOneWaitsAsync(messages, 1024 * 1024);
        Task second = messages.SendAsync(Numbered(-2)).AsTask();

        SocketTimeoutException cut = (await Expect.Failure(first.AsTask())).Should().BeOfType<SocketTimeoutException>().Subject;
        cut.BytesTransferred.Should().BePositive();
        await Expect.Timeout(second);
        await Expect.Timeout(messages.SendAsync(Numbered(-3)).AsTask());
        Action trySend = () => messages.TrySend(Numbered(-4));
        trySend.Should().Throw<SocketTimeoutException>();

        messages.Dispose();
        if (HasReset)
        {
            Expect.Disconnected(await accepted.DrainAsync());
        }
    }

    [Fact]
    public async Task QueuedBytes_of_the_connection_tells_what_waits_in_any_form_and_falls_to_nothing()
    {
        const int Large = 64 * 1024;
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages(bufferSize: SmallBuffer);
        connection.QueuedBytes.Should().Be(0);
        (ValueTask waiting, int sent) = await SendUntilOneWaitsAsync(messages, Large);
        long partly = connection.QueuedBytes;
        Task behind = messages.SendAsync(Numbered(sent + 1, Large)).AsTask();
        long withCall = connection.QueuedBytes;
        messages.TrySend(Numbered(sent + 2, Large)).Should().BeTrue();
        long withCopy = connection.QueuedBytes;

        partly.Should().BeInRange(1, Large + 4);
        (withCall - partly).Should().BeInRange(Large, Large + 4, "the call's message waits whole, framed or not");
        (withCopy - withCall).Should().Be(Large + 4);
        await ReceiveAsync(peer, (sent + 3) * (Large + 4));
        await waiting.AsTask().Within();
        await behind.Within();
        await messages.FlushAsync().AsTask().Within();
        connection.QueuedBytes.Should().Be(0);
    }

    [Fact]
    public async Task Queued_messages_whose_time_passed_stay_and_the_next_call_says_so_once()
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        client.SendTimeout = TimeSpan.FromMilliseconds(50);
        int queued = 0;
        while (queued < 20_000)
        {
            queued += TryQueue(messages, Numbered(queued, 100)) ? 1 : 0;
        }

        await Expect.Timeout(messages.FlushAsync().AsTask());

        client.SendTimeout = Timeout.InfiniteTimeSpan;
        Task flush = messages.FlushAsync().AsTask();
        MessageChannel peer = accepted.GetMessages(Framing);
        for (int i = 0; i < queued; i++)
        {
            NumberOf(await ReceiveAsync(peer)).Should().Be(i);
        }

        await flush.Within();
    }

    [Fact]
    public async Task A_blocking_send_that_waits_is_released_by_the_peer_and_times_out_otherwise()
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        Task sending = Limits.OnThread(() => messages.Send(Payload.Of(1024 * 1024)));
        await Eventually.BeTrueAsync(() => client.BytesSent > 0, "the send has begun");
        Task queued = Limits.OnThread(() => messages.Send("behind"u8));

        MessageChannel peer = accepted.GetMessages(Framing);
        (await ReceiveAsync(peer)).Should().HaveCount(1024 * 1024);
        (await ReceiveAsync(peer)).Should().Equal("behind"u8.ToArray());
        await sending.Within();
        await queued.Within();

        client.SendTimeout = TimeSpan.FromMilliseconds(50);
        (await Expect.Failure(Limits.OnThread(() => messages.Send(Payload.Of(1024 * 1024)))))
            .Should().BeOfType<SocketTimeoutException>().Which.BytesTransferred.Should().BePositive();
    }

    [Fact]
    public async Task In_non_blocking_mode_a_message_goes_whole_or_would_block()
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        client.Blocking = false;
        int sent = 0;
        Exception? refused = null;
        while (refused is null)
        {
            refused = Record.Exception(() => messages.Send(Numbered(sent, 10_000)));
            sent += refused is null ? 1 : 0;
        }

        Expect.Socket(refused, System.Net.Sockets.SocketError.WouldBlock);

        MessageChannel peer = accepted.GetMessages(Framing);
        for (int i = 0; i < sent; i++)
        {
            NumberOf(await ReceiveAsync(peer)).Should().Be(i);
        }

        await messages.FlushAsync().AsTask().Within();
        messages.Send(Numbered(sent));
        NumberOf(await ReceiveAsync(peer)).Should().Be(sent);
    }

    [Fact]
    public async Task A_peer_that_reset_ends_every_send_and_the_next_call_says_so()
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        (ValueTask first, _) = await SendUntilOneWaitsAsync(messages, 1024 * 1024);
        Task second = messages.SendAsync(Numbered(-2)).AsTask();
        messages.TrySend(Numbered(-3)).Should().BeTrue();

        accepted.Abort();

        Expect.Disconnected(await Expect.Failure(first.AsTask()));
        Expect.Disconnected(await Expect.Failure(second));
        Expect.Disconnected(Record.Exception(() => messages.TrySend(Numbered(-4))));
        Expect.Disconnected(await Expect.Failure(messages.FlushAsync().AsTask()));
    }

    [Fact]
    public async Task An_error_of_a_queued_message_shows_at_a_later_call()
    {
        (StreamConnection client, StreamConnection accepted) = Connect();
        MessageChannel messages = client.GetMessages(Framing);
        accepted.Abort();
        client.WaitReadable(Limits.Hang).Should().BeTrue();

        await Eventually.BeTrueAsync(
            () => Record.Exception(() => messages.TrySend(Numbered(1))) is SocketOperationException, "the peer is gone");
    }

    [Fact]
    public async Task Memory_that_its_owner_has_let_go_of_fails_its_own_send_alone()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth(bufferSize: SmallBuffer);
        (ValueTask first, int before) = await SendUntilOneWaitsAsync(client);
        var memory = new ThrowingMemory(100);
        Task second = client.SendAsync(memory.Memory).AsTask();
        Task third = client.SendAsync(Numbered(before + 1)).AsTask();
        memory.LetGo();

        for (int i = 0; i <= before + 1; i++)
        {
            NumberOf(await ReceiveAsync(accepted)).Should().Be(i);
        }

        await first.Within();
        await third.Within();
        (await Expect.Failure(second)).Should().NotBeNull();
    }

    [Fact]
    public async Task A_framing_with_the_length_inside_the_head_sends_whole_frames()
    {
        MessageFraming framing = MessageFraming.LengthPrefix(new LengthPrefixOptions { Offset = 2, Size = 2, Strip = 0 });
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages(framing: framing);

        await messages.SendAsync(new byte[] { 1, 2, 0, 0, 7, 8, 9 }).AsTask().Within();
        messages.TrySend([3, 4, 9, 9]).Should().BeTrue();
        await messages.FlushAsync().AsTask().Within();

        (await ReceiveAsync(peer, 11)).Should().Equal(1, 2, 0, 3, 7, 8, 9, 3, 4, 0, 0);
        Action stripped = () => ConnectMessages(
            framing: MessageFraming.LengthPrefix(new LengthPrefixOptions { Offset = 2, Size = 2 })).Messages.TrySend([1]);
        stripped.Should().Throw<NotSupportedException>();
    }

    private static async Task EchoAsync(MessageChannel messages)
    {
        while (await messages.ReceiveAsync() is { } message)
        {
            messages.TrySend(message.ToArray()).Should().BeTrue();
        }
    }
}

public sealed class MessageSendTests_PortableTcp : MessageSendTests<PortableUnderTest, OverTcp>;

public sealed class MessageSendTests_PortableUnix : MessageSendTests<PortableUnderTest, OverUnix>;

public sealed class MessageSendTests_EpollTcp : MessageSendTests<EpollUnderTest, OverTcp>;

public sealed class MessageSendTests_EpollUnix : MessageSendTests<EpollUnderTest, OverUnix>;

public sealed class MessageSendTests_EpollWrapped : MessageSendTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
