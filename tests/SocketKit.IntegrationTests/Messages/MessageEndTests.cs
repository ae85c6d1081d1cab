using System.Buffers;
using System.Diagnostics;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;
using SocketKit.IntegrationTests.Pipes;

namespace SocketKit.IntegrationTests.Messages;

/// <summary>Who may use a connection that has messages, and how it ends.</summary>
public abstract class MessageEndTests<TEngine, TTransport> : MessageTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    [Fact]
    public void A_connection_gives_messages_once_and_its_own_calls_refuse_from_then_on()
    {
        (_, StreamConnection connection) = Connect();
        connection.GetMessages(Framing).Should().NotBeNull();
        byte[] bytes = new byte[1];
        Action[] calls =
        [
            () => connection.GetMessages(Framing),
            () => connection.GetPipe(),
            () => connection.GetStream(),
            () => connection.Receive(bytes),
            () => connection.TryReceive(bytes, out _),
            () => connection.ReceiveAsync(bytes).AsTask(),
            () => connection.Send(bytes),
            () => connection.TrySend(bytes, out _),
            () => connection.SendAsync(bytes).AsTask(),
        ];

        calls.Select(static call => Record.Exception(call))
            .Should().AllBeOfType<InvalidOperationException>().And.OnlyContain(static thrown => thrown!.Message.Contains("GetMessages"));
        connection.WaitWritable(Limits.Hang).Should().BeTrue("waiting takes nothing");
        connection.BytesSent.Should().Be(0);
    }

    [Fact]
    public async Task A_connection_with_a_receive_under_way_a_pipe_or_closed_gives_no_messages()
    {
        (StreamConnection peer, StreamConnection connection) = Connect();
        ValueTask<int> receive = connection.ReceiveAsync(new byte[1]);
        Action messages = () => connection.GetMessages(Framing);
        Action nothing = () => connection.GetMessages(null!);

        nothing.Should().Throw<ArgumentNullException>();
        messages.Should().Throw<InvalidOperationException>().WithMessage("*receive*");
        await peer.SendAsync("x").AsTask().Within();
        (await receive.Within()).Should().Be(1);
        peer.GetPipe().Should().NotBeNull();
        Action ofPipe = () => peer.GetMessages(Framing);
        ofPipe.Should().Throw<InvalidOperationException>().WithMessage("*GetPipe*");
        connection.Dispose();
        messages.Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task DisposeAsync_sends_what_is_queued_and_then_finishes()
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        MessageChannel peer = accepted.GetMessages(Framing);
        const int Many = 3_000;
        for (int i = 0; i < Many; i++)
        {
            messages.TrySend(Numbered(i, 100)).Should().BeTrue();
        }

        Task disposing = messages.DisposeAsync().AsTask();

        for (int i = 0; i < Many; i++)
        {
            NumberOf(await ReceiveAsync(peer)).Should().Be(i);
        }

        (await ReceiveAsync(peer)).Should().BeNull();
        await disposing.Within();
        await messages.DisposeAsync().AsTask().Within();
        client.CloseReason.Should().Be(CloseReason.LocalDispose);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_with_something_queued_is_a_reset(bool ofConnection)
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        for (int i = 0; i < 20_000; i++)
        {
            messages.TrySend(Numbered(i, 100)).Should().BeTrue();
        }

        client.Owner!.HasUnsent.Should().BeTrue();
        if (ofConnection)
        {
            client.Dispose();
        }
        else
        {
            messages.Dispose();
        }

        client.CloseReason.Should().Be(CloseReason.LocalDispose);
        MessageChannel peer = accepted.GetMessages(Framing);
        Exception? end = await Record.ExceptionAsync(async () =>
        {
            while (await ReceiveAsync(peer) is not null)
            {
                // What went before.
            }
        });
        if (HasReset)
        {
            Expect.Disconnected(end);
        }

        Action trySend = () => messages.TrySend(Numbered(1));
        trySend.Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task Dispose_with_nothing_queued_finishes()
    {
        (MessageChannel client, MessageChannel accepted) = ConnectBoth();
        await client.SendAsync("bye").AsTask().Within();

        client.Dispose();

        (await ReceiveAsync(accepted)).Should().Equal("bye"u8.ToArray());
        (await ReceiveAsync(accepted)).Should().BeNull();
    }

    [Fact]
    public async Task A_peer_that_never_reads_delays_DisposeAsync_for_a_limited_time()
    {
        (StreamConnection client, StreamConnection accepted) = Connect(SmallBuffer);
        MessageChannel messages = client.GetMessages(Framing);
        while (messages.TrySend(new byte[1_000]))
        {
            // Until the limit.
        }

        await messages.DisposeAsync().AsTask().Within();

        client.CloseReason.Should().Be(CloseReason.SlowPeer);
        accepted.Dispose();
    }
}

public sealed class MessageEndTests_PortableTcp : MessageEndTests<PortableUnderTest, OverTcp>;

public sealed class MessageEndTests_PortableUnix : MessageEndTests<PortableUnderTest, OverUnix>;

public sealed class MessageEndTests_EpollTcp : MessageEndTests<EpollUnderTest, OverTcp>;

public sealed class MessageEndTests_EpollUnix : MessageEndTests<EpollUnderTest, OverUnix>;

public sealed class MessageEndTests_EpollWrapped : MessageEndTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
