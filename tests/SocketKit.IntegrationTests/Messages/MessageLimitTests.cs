using System.Buffers;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Pipes;

namespace SocketKit.IntegrationTests.Messages;

/// <summary>What a hostile or broken peer may do, on servers and on clients alike.</summary>
public abstract class MessageLimitTests<TEngine, TTransport> : MessageTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    private static readonly byte[] s_longest = [0xFF, 0xFF, 0xFF, 0xFF];

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task An_end_inside_a_message_is_a_frame_exception_at_every_offset(CallShape shape)
    {
        byte[] frame = Frame("abcde"u8);
        for (int count = 1; count < frame.Length; count++)
        {
            (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
            await peer.SendAsync((byte[])[.. Frame("ok"u8), .. frame.AsSpan(0, count)]).AsTask().Within();
            peer.ShutdownSend();

            (await ReceiveBy(shape, connection, messages).Within()).Should().Equal("ok"u8.ToArray());

            Exception? fault = await Expect.Failure(ReceiveBy(shape, connection, messages));
            fault.Should().BeOfType<FrameException>().Which.Message.Should().Contain($"after {count} of its bytes");
            connection.CloseReason.Should().Be(CloseReason.PeerFinished);
            await Expect.Disposed(ReceiveBy(shape, connection, messages));
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_above_the_limit_ends_the_connection_on_servers_and_on_clients(bool isClient)
    {
        (StreamConnection client, StreamConnection accepted) = Connect();
        (StreamConnection peer, StreamConnection connection) = isClient ? (accepted, client) : (client, accepted);
        MessageChannel messages = connection.GetMessages(Framing, new MessageOptions { MaxMessageSize = 100 });
        await peer.SendAsync((byte[])[.. Frame(new byte[100]), .. Frame(new byte[101])]).AsTask().Within();

        (await ReceiveAsync(messages)).Should().HaveCount(100);

        FrameException fault = (await Expect.Failure(messages.ReceiveAsync().AsTask())).Should().BeOfType<FrameException>().Subject;
        fault.Announced.Should().Be(101);
        fault.Limit.Should().Be(100);
        connection.CloseReason.Should().Be(CloseReason.LocalAbort);
        await Expect.Disposed(messages.ReceiveAsync().AsTask());
        await Expect.Disposed(messages.SendAsync(new byte[1]).AsTask());
        Action trySend = () => messages.TrySend(new byte[1]);
        trySend.Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task A_length_of_four_gibibytes_is_refused_before_memory_is_taken()
    {
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages();
        await peer.SendAsync(s_longest).AsTask().Within();

        FrameException fault = (await Expect.Failure(messages.ReceiveAsync().AsTask())).Should().BeOfType<FrameException>().Subject;

        fault.Announced.Should().Be(uint.MaxValue);
        fault.Limit.Should().Be(1024 * 1024);
    }

    [Fact]
    public async Task A_line_without_an_end_is_refused()
    {
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages(framing: MessageFraming.Lines);
        Task sending = peer.SendAsync(new byte[64 * 1024]).AsTask();

        (await Expect.Failure(messages.ReceiveAsync().AsTask())).Should().BeOfType<FrameException>().Which.Limit.Should().Be(8 * 1024);
        await Expect.Failure(sending);
    }

    [Fact]
    public async Task An_own_framing_that_finds_no_message_within_the_limit_is_refused_by_the_channel()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) =
            ConnectMessages(new MessageOptions { MaxMessageSize = 1_000 }, framing: new OddFraming(Odd.NeverFinds));
        await peer.SendAsync(new byte[1_001]).AsTask().Within();

        (await Expect.Failure(messages.ReceiveAsync().AsTask())).Should().BeOfType<FrameException>().Which.Limit.Should().Be(1_000);
        connection.CloseReason.Should().Be(CloseReason.LocalAbort);
    }

    [Theory]
    [InlineData(Odd.TakesNothing, typeof(InvalidOperationException))]
    [InlineData(Odd.Throws, typeof(FormatException))]
    public async Task An_own_framing_that_is_broken_ends_the_connection(Odd odd, Type expected)
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages(framing: new OddFraming(odd));
        await peer.SendAsync("x").AsTask().Within();

        (await Expect.Failure(messages.ReceiveAsync().AsTask())).Should().BeOfType(expected);
        connection.CloseReason.Should().Be(CloseReason.LocalAbort);
        await Expect.Disposed(messages.ReceiveAsync().AsTask());
    }

    [Fact]
    public async Task A_flood_of_empty_messages_ends_after_as_many_as_are_allowed()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) = ConnectMessages();
        Task flood = Task.Run(async () =>
        {
            byte[] empties = new byte[4 * 10_000];
            while (await Record.ExceptionAsync(() => peer.SendAsync(empties).AsTask()) is null)
            {
                // Until the connection is over.
            }
        });
        for (int i = 0; i < 1_000; i++)
        {
            (await ReceiveAsync(messages)).Should().BeEmpty();
        }

        (await Expect.Failure(messages.ReceiveAsync().AsTask())).Should().BeOfType<FrameException>().Which.Message.Should().Contain("1001");
        connection.CloseReason.Should().Be(CloseReason.LocalAbort);
        await flood.Within();
    }

    [Fact]
    public async Task A_message_with_a_byte_starts_the_count_of_empty_ones_again()
    {
        (StreamConnection peer, _, MessageChannel messages) = ConnectMessages(new MessageOptions { MaxEmptyMessages = 2 });
        byte[] round = [.. Frame([]), .. Frame([]), .. Frame("x"u8)];
        await peer.SendAsync((byte[])[.. round, .. round, .. round]).AsTask().Within();

        for (int i = 0; i < 9; i++)
        {
            (await ReceiveAsync(messages)).Should().HaveCount(i % 3 == 2 ? 1 : 0);
        }
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_peer_that_needs_longer_than_the_time_for_one_message_is_cut(CallShape shape)
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) =
            ConnectMessages(new MessageOptions { MessageTimeout = TimeSpan.FromMilliseconds(100) });
        await peer.SendAsync(Frame("ok"u8)).AsTask().Within();
        (await ReceiveBy(shape, connection, messages).Within()).Should().Equal("ok"u8.ToArray());
        Task<byte[]?> receive = ReceiveBy(shape, connection, messages);
        await peer.SendAsync(s_longest.AsMemory(0, 1)).AsTask().Within();

        Expect.Timeout(await Expect.Failure(receive)).Message.Should().Contain("too slow");

        connection.CloseReason.Should().Be(CloseReason.SlowPeer);
        await Expect.Disposed(ReceiveBy(shape, connection, messages));
    }

    [Fact]
    public async Task The_time_for_one_message_begins_with_its_first_byte_and_not_with_the_receive()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) =
            ConnectMessages(new MessageOptions { MessageTimeout = TimeSpan.FromMilliseconds(50) });
        connection.ReceiveTimeout = TimeSpan.FromMilliseconds(200);

        Expect.Timeout(await Expect.Failure(messages.ReceiveAsync().AsTask())).Message.Should().NotContain("too slow");

        connection.CloseReason.Should().Be(CloseReason.None);
        await peer.SendAsync(Frame("ok"u8)).AsTask().Within();
        (await ReceiveAsync(messages)).Should().Equal("ok"u8.ToArray());
    }

    [Fact]
    public async Task A_caller_that_does_not_receive_is_not_the_peers_fault()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) =
            ConnectMessages(new MessageOptions { MessageTimeout = TimeSpan.FromSeconds(3) });
        byte[] frame = Frame("abcd"u8);
        await peer.SendAsync((byte[])[.. Frame("ok"u8), .. frame.AsSpan(0, 5)]).AsTask().Within();
        (await ReceiveAsync(messages)).Should().Equal("ok"u8.ToArray());
        connection.ReceiveTimeout = TimeSpan.FromMilliseconds(1);
        await Expect.Timeout(messages.ReceiveAsync().AsTask());

        // The time passes while nobody receives.
        using (var passed = new ManualResetEventSlim())
        {
            passed.Wait(TimeSpan.FromMilliseconds(3200)).Should().BeFalse();
        }

        await Expect.Timeout(messages.ReceiveAsync().AsTask());
        connection.CloseReason.Should().Be(CloseReason.None);
        await peer.SendAsync(frame.AsMemory(5)).AsTask().Within();
        connection.ReceiveTimeout = Timeout.InfiniteTimeSpan;
        (await ReceiveAsync(messages)).Should().Equal("abcd"u8.ToArray());
    }

    [Fact]
    public async Task A_peer_that_drips_is_cut_by_the_minimum_rate_also_by_a_client()
    {
        (StreamConnection client, StreamConnection peer) = Connect();
        MessageChannel messages = client.GetMessages(Framing);
        byte[] frame = Frame(new byte[10_000]);
        using var over = new CancellationTokenSource();
        Task drip = Task.Run(async () =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            for (int i = 0; !over.IsCancellationRequested && await timer.WaitForNextTickAsync(); i++)
            {
                await Record.ExceptionAsync(() => peer.SendAsync(frame.AsMemory(i, 1)).AsTask());
            }
        });

        Expect.Timeout(await Expect.Failure(messages.ReceiveAsync().AsTask())).Timeout.Should().BeGreaterThan(TimeSpan.FromSeconds(4));

        client.CloseReason.Should().Be(CloseReason.SlowPeer);
        await over.CancelAsync();
        await drip.Within();
    }

    [Fact]
    public async Task Without_a_minimum_rate_no_peer_is_too_slow()
    {
        (StreamConnection peer, StreamConnection connection, MessageChannel messages) =
            ConnectMessages(new MessageOptions { MinimumRate = 0 });
        byte[] frame = Frame("abcd"u8);

        // Longer than the five seconds after which a minimum rate is held.
        connection.ReceiveTimeout = TimeSpan.FromSeconds(6);
        await peer.SendAsync(frame.AsMemory(0, 5)).AsTask().Within();
        await Expect.Timeout(messages.ReceiveAsync().AsTask());

        connection.CloseReason.Should().Be(CloseReason.None);
        await peer.SendAsync(frame.AsMemory(5)).AsTask().Within();
        (await ReceiveAsync(messages)).Should().Equal("abcd"u8.ToArray());
    }

    [Fact]
    public void Options_out_of_range_are_refused_by_name()
    {
        (string Name, Action Set)[] sets =
        [
            (nameof(MessageOptions.MaxMessageSize), static () => _ = new MessageOptions { MaxMessageSize = 0 }),
            (nameof(MessageOptions.MessageTimeout), static () => _ = new MessageOptions { MessageTimeout = TimeSpan.Zero }),
            (nameof(MessageOptions.MinimumRate), static () => _ = new MessageOptions { MinimumRate = -1 }),
            (nameof(MessageOptions.MaxEmptyMessages), static () => _ = new MessageOptions { MaxEmptyMessages = -1 }),
            (nameof(MessageOptions.SendQueueLimit), static () => _ = new MessageOptions { SendQueueLimit = 0 }),
        ];

        foreach ((string name, Action set) in sets)
        {
            set.Should().Throw<ArgumentOutOfRangeException>().WithParameterName(name);
        }
    }

    private sealed class OddFraming(Odd odd) : MessageFraming
    {
        public override int DefaultMaxMessageSize => 1_000;

        protected internal override bool TryParse(ref ReadOnlySequence<byte> buffer, ref long state, out ReadOnlySequence<byte> message)
        {
            message = default;
            return odd == Odd.Throws ? throw new FormatException() : odd == Odd.TakesNothing;
        }

        protected internal override void Write(ReadOnlySequence<byte> message, IBufferWriter<byte> output) =>
            throw new FormatException();
    }
}

/// <summary>How a framing of the user's own may be broken.</summary>
public enum Odd
{
    NeverFinds,
    TakesNothing,
    Throws,
}

public sealed class MessageLimitTests_PortableTcp : MessageLimitTests<PortableUnderTest, OverTcp>;

public sealed class MessageLimitTests_PortableUnix : MessageLimitTests<PortableUnderTest, OverUnix>;

public sealed class MessageLimitTests_EpollTcp : MessageLimitTests<EpollUnderTest, OverTcp>;

public sealed class MessageLimitTests_EpollUnix : MessageLimitTests<EpollUnderTest, OverUnix>;

public sealed class MessageLimitTests_EpollWrapped : MessageLimitTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
