using System.Buffers;
using System.Net.Sockets;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Pipes;

namespace SocketKit.IntegrationTests.Messages;

/// <summary>Ends and resets at any place, calls inside calls, and what callers do with their tokens and their memory.</summary>
public abstract class MessageCallerTests<TEngine, TTransport> : MessageTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    private const int Mebibyte = 1024 * 1024;

    [Fact]
    public async Task A_reset_inside_a_message_hands_out_nothing_of_it_at_every_offset()
    {
        byte[] frame = Frame("abcde"u8);
        for (int count = 1; count < frame.Length; count++)
        {
            (StreamConnection peer, _, MessageChannel messages) = ConnectMessages();
            await peer.SendAsync((byte[])[.. Frame("ok"u8), .. frame.AsSpan(0, count)]).AsTask().Within();
            (await ReceiveAsync(messages)).Should().Equal("ok"u8.ToArray());

            peer.Abort();

            Exception? end = await Expect.Failure(messages.ReceiveAsync().AsTask());
            if (HasReset)
            {
                Expect.Disconnected(end);
            }
            else
            {
                end.Should().BeOfType<FrameException>("a Unix socket knows no reset, so the end came inside a message");
            }
        }
    }

    [Theory]
    [InlineData("lines")]
    [InlineData("varint")]
    [InlineData("little-endian")]
    [InlineData("whole frames")]
    [InlineData("delimiter")]
    [InlineData("fixed size")]
    public async Task The_end_inside_a_message_is_told_from_the_end_between_two_at_every_offset_of_every_framing(string kind)
    {
        MessageFraming framing = FramingOf(kind);
        var output = new ArrayBufferWriter<byte>();
        framing.Write(new ReadOnlySequence<byte>(MessageOf(kind)), output);
        byte[] frame = output.WrittenSpan.ToArray();
        for (int count = 0; count <= frame.Length; count++)
        {
            (StreamConnection peer, _, MessageChannel messages) = ConnectMessages(framing: framing);
            await peer.SendAsync((byte[])[.. frame, .. frame.AsSpan(0, count)]).AsTask().Within();
            peer.ShutdownSend();
            int whole = count == frame.Length ? 2 : 1;
            for (int i = 0; i < whole; i++)
            {
                (await ReceiveAsync(messages)).Should().Equal(MessageOf(kind));
            }

            if (count == 0 || whole == 2)
            {
                (await ReceiveAsync(messages)).Should().BeNull();
            }
            else
            {
                (await Expect.Failure(messages.ReceiveAsync().AsTask())).Should().BeOfType<FrameException>();
            }

            messages.Dispose();
        }
    }

    [Fact]
    public async Task After_the_peers_half_close_messages_still_go_out_whole()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        peer.ShutdownSend();
        (await ReceiveAsync(messages)).Should().BeNull();
        MessageChannel reader = peer.GetMessages(Framing);

        Task sending = Task.Run(async () =>
        {
            await messages.SendAsync(Payload.Of(Mebibyte));
            messages.TrySend("queued"u8).Should().BeTrue();
            await messages.DisposeAsync();
        });

        (await ReceiveAsync(reader)).Should().Equal(Payload.Of(Mebibyte));
        (await ReceiveAsync(reader)).Should().Equal("queued"u8.ToArray());
        (await ReceiveAsync(reader)).Should().BeNull();
        await sending.Within();
        connection.CloseReason.Should().Be(CloseReason.PeerFinished);
    }

    [Fact]
    public async Task After_our_half_close_the_answers_still_come_in_full()
    {
        (StreamConnection client, StreamConnection accepted) = Connect();
        MessageChannel messages = client.GetMessages(Framing);
        MessageChannel peer = accepted.GetMessages(Framing);
        messages.TrySend("question"u8).Should().BeTrue();
        await messages.FlushAsync().AsTask().Within();

        client.ShutdownSend();

        (await ReceiveAsync(peer)).Should().Equal("question"u8.ToArray());
        (await ReceiveAsync(peer)).Should().BeNull();
        Exception? late = await Expect.Failure(messages.SendAsync("late").AsTask());
        late.Should().BeOfType<SocketOperationException>().Which.SocketErrorCode.Should().Be(SocketError.Shutdown);
        late!.IsDisconnect().Should().BeFalse("it was this side that finished");
        Task answering = Task.Run(async () =>
        {
            await peer.SendAsync(Payload.Of(Mebibyte));
            await peer.DisposeAsync();
        });
        (await ReceiveAsync(messages)).Should().Equal(Payload.Of(Mebibyte));
        (await ReceiveAsync(messages)).Should().BeNull();
        await answering.Within();
    }

    [Fact]
    public async Task A_half_close_with_messages_queued_is_refused_and_loses_none_of_them()
    {
        const int Many = 20_000;
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        MessageChannel peer = accepted.GetMessages(Framing);
        for (int i = 0; i < Many; i++)
        {
            messages.TrySend(Numbered(i, 100)).Should().BeTrue();
        }

        Action halfClose = client.ShutdownSend;

        halfClose.Should().Throw<InvalidOperationException>().WithMessage("*FlushAsync*");
        Task flush = messages.FlushAsync().AsTask();
        for (int i = 0; i < Many; i++)
        {
            NumberOf(await ReceiveAsync(peer)).Should().Be(i);
        }

        await flush.Within();
        client.ShutdownSend();
        (await ReceiveAsync(peer)).Should().BeNull();
    }

    [Fact]
    public async Task Both_ends_may_close_at_the_same_moment_and_more_than_once()
    {
        for (int round = 0; round < 100; round++)
        {
            (StreamConnection client, StreamConnection accepted) = Connect();
            MessageChannel first = client.GetMessages(Framing);
            MessageChannel second = accepted.GetMessages(Framing);
            first.TrySend("bye"u8).Should().BeTrue();
            using var start = new Barrier(4);
            Task[] closes =
            [
                CloseAsync(start, () => first.DisposeAsync().AsTask()),
                CloseAsync(start, () => second.DisposeAsync().AsTask()),
                CloseAsync(start, () => second.DisposeAsync().AsTask()),
                CloseAsync(start, () =>
                {
                    accepted.Dispose();
                    return Task.CompletedTask;
                }),
            ];

            await Task.WhenAll(closes).Within();

            client.CloseReason.Should().NotBe(CloseReason.None);
            accepted.CloseReason.Should().NotBe(CloseReason.None);
        }
    }

    [Fact]
    public async Task A_message_in_more_pieces_than_one_call_takes_is_sent_whole()
    {
        // IOV_MAX is 1 024 (linux/uio.h, UIO_MAXIOV).
        const int Pieces = 2_400;
        (MessageChannel client, MessageChannel accepted) = ConnectBoth(bufferSize: SmallBuffer);
        await client.SendAsync(Segments.Cut(Payload.Of(Pieces), 1)).AsTask().Within();
        (await ReceiveAsync(accepted)).Should().Equal(Payload.Of(Pieces));

        // And behind a send that waits.
        (ValueTask first, int before) = await SendUntilOneWaitsAsync(client);
        Task queued = client.SendAsync(Segments.Cut(Payload.Of(Pieces), 1)).AsTask();
        for (int i = 0; i <= before; i++)
        {
            NumberOf(await ReceiveAsync(accepted)).Should().Be(i);
        }

        (await ReceiveAsync(accepted)).Should().Equal(Payload.Of(Pieces));
        await first.Within();
        await queued.Within();
    }

    [Fact]
    public async Task A_token_that_fired_before_the_call_means_that_nothing_happens()
    {
        var fired = new CancellationToken(canceled: true);
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        bool hasWritten = false;

        await Expect.Canceled(messages.SendAsync("a", fired).AsTask(), fired);
        await Expect.Canceled(messages.SendAsync(new byte[1], fired).AsTask(), fired);
        await Expect.Canceled(messages.SendAsync(Segments.Cut(new byte[4], 2), fired).AsTask(), fired);
        await Expect.Canceled(messages.WriteAsync(0, (_, _) => hasWritten = true, fired).AsTask(), fired);
        await Expect.Canceled(messages.FlushAsync(fired).AsTask(), fired);
        await peer.SendAsync(Frame("kept"u8)).AsTask().Within();
        connection.WaitReadable(Limits.Hang).Should().BeTrue();
        await Expect.Canceled(messages.ReceiveAsync(fired).AsTask(), fired);

        hasWritten.Should().BeFalse();
        connection.BytesSent.Should().Be(0);
        (await ReceiveAsync(messages)).Should().Equal("kept"u8.ToArray());
    }

    [Fact]
    public async Task The_memory_of_a_cancelled_send_is_the_callers_again()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth(bufferSize: SmallBuffer);
        (ValueTask first, int before) = await SendUntilOneWaitsAsync(client);
        for (int round = 0; round < 10; round++)
        {
            using var source = new CancellationTokenSource();
            byte[] buffer = Numbered(1_000_000, 30_000);
            Task cancelled = client.SendAsync(buffer, source.Token).AsTask();
            await source.CancelAsync();
            await Expect.Canceled(cancelled, source.Token);
            buffer.AsSpan().Fill(0xEE);
        }

        Task last = client.SendAsync(Numbered(before + 1)).AsTask();
        for (int i = 0; i <= before + 1; i++)
        {
            NumberOf(await ReceiveAsync(accepted)).Should().Be(i, "what was cancelled is not sent, and nothing is torn");
        }

        await first.Within();
        await last.Within();
    }

    [Fact]
    public async Task A_writer_may_send_on_its_own_channel()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth();
        Task? inner = null;

        await client.WriteAsync(
            client,
            (output, channel) =>
            {
                channel.TrySend("first"u8).Should().BeTrue();
                inner = channel.SendAsync("second").AsTask();
                output.Write("third"u8);
            }).AsTask().Within();

        await inner!.Within();
        (await ReceiveAsync(accepted)).Should().Equal("first"u8.ToArray());
        (await ReceiveAsync(accepted)).Should().Equal("second"u8.ToArray());
        (await ReceiveAsync(accepted)).Should().Equal("third"u8.ToArray());
    }

    [Fact]
    public async Task A_writer_that_closes_its_own_channel_fails_its_own_send_alone()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth();

        await Expect.Disposed(Task.Run(async () => await client.WriteAsync(client, static (_, channel) => channel.Dispose())));

        (await ReceiveAsync(accepted)).Should().BeNull();
    }

    [Fact]
    public async Task A_Closed_callback_and_the_code_behind_a_receive_may_send_and_close()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        var called = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration registration = connection.Closed.Register(() =>
        {
            called.SetResult(Record.Exception(() => messages.TrySend("late"u8)));
            messages.Dispose();
        });
        Task answering = Task.Run(async () =>
        {
            await messages.ReceiveAsync();
            await messages.SendAsync("answer");
            messages.Dispose();
        });
        await peer.SendAsync(Frame("question"u8)).AsTask().Within();

        (await ReceiveAsync(peer, 10)).Should().Equal(Frame("answer"u8));
        (await peer.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        await answering.Within();
        Expect.Disposed(await called.Task.Within());
    }

    private static Task CloseAsync(Barrier start, Func<Task> close) => Limits.OnThread(() =>
    {
        start.SignalAndWait(Limits.Hang).Should().BeTrue();
        close().Wait(Limits.Hang).Should().BeTrue();
    });

    private static MessageFraming FramingOf(string kind) => kind switch
    {
        "lines" => MessageFraming.Lines,
        "varint" => MessageFraming.VarInt,
        "little-endian" => MessageFraming.LengthPrefix(2, littleEndian: true),
        "whole frames" => MessageFraming.LengthPrefix(new LengthPrefixOptions { Offset = 1, Size = 2, Strip = 0 }),
        "delimiter" => MessageFraming.Delimiter("\r\n\r\n"u8),
        _ => MessageFraming.FixedSize(7),
    };

    /// <summary>A message that the framing can carry. The one of the varint has a length of two bytes.</summary>
    private static byte[] MessageOf(string kind) => kind switch
    {
        "varint" => Payload.Of(130),
        "whole frames" => [9, 0, 3, 1, 2, 3],
        "fixed size" => Payload.Of(7),
        _ => "message"u8.ToArray(),
    };
}

public sealed class MessageCallerTests_PortableTcp : MessageCallerTests<PortableUnderTest, OverTcp>;

public sealed class MessageCallerTests_PortableUnix : MessageCallerTests<PortableUnderTest, OverUnix>;

public sealed class MessageCallerTests_EpollTcp : MessageCallerTests<EpollUnderTest, OverTcp>;

public sealed class MessageCallerTests_EpollUnix : MessageCallerTests<EpollUnderTest, OverUnix>;

public sealed class MessageCallerTests_EpollWrapped : MessageCallerTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
