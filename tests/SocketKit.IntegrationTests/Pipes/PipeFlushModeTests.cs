using System.Buffers;
using System.IO.Pipelines;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>Flushes that leave with the end of the loop's turn.</summary>
public abstract class PipeFlushModeTests<TEngine, TTransport> : PipeTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Flushes_end_at_once_and_what_they_leave_is_sent_in_order(bool onLoop)
    {
        (StreamConnection peer, StreamConnection connection) = Connect();
        IDuplexPipe pipe = connection.GetPipe(Pool, FlushMode.EndOfTurn);
        if (onLoop)
        {
            // The code behind a read that waited runs where the engine runs user code.
            ValueTask<ReadResult> read = pipe.Input.ReadAsync();
            await peer.SendAsync("x").AsTask().Within();
            pipe.Input.AdvanceTo((await read).Buffer.End);
        }

        byte[] sent = Payload.Of(50_000);
        bool ended = true;
        foreach (byte[] part in sent.Chunk(1_000))
        {
            ValueTask<FlushResult> flush = part[0] % 2 == 0 ? WriteAsync(pipe.Output, part) : pipe.Output.WriteAsync(part);
            ended &= flush.IsCompletedSuccessfully;
            await flush;
        }

        ended.Should().BeTrue("less than 64 KiB are left");
        (await ReceiveAsync(peer, sent.Length)).Should().Equal(sent);
        await pipe.Output.CompleteAsync();
        (await peer.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task A_flush_waits_once_more_is_left_than_may_be()
    {
        (StreamConnection peer, StreamConnection connection) = Connect(SmallBuffer);
        IDuplexPipe pipe = connection.GetPipe(Pool, FlushMode.EndOfTurn);
        (ValueTask<FlushResult> flush, int sent) = await FlushUntilItWaitsAsync(pipe.Output);

        (await ReceiveAsync(peer, sent)).Should().Equal(Payload.Of(sent));

        (await flush.Within()).IsCompleted.Should().BeFalse();
        await Eventually.BeTrueAsync(() => Pool.Outstanding == 0, "everything was sent");
    }

    [Fact]
    public async Task An_error_shows_at_a_later_flush_and_the_peer_that_went_too()
    {
        (StreamConnection peer, StreamConnection connection) = Connect();
        IDuplexPipe pipe = connection.GetPipe(Pool, FlushMode.EndOfTurn);
        peer.Abort();
        connection.WaitReadable(Limits.Hang).Should().BeTrue();

        await Eventually.BeTrueAsync(
            () =>
            {
                pipe.Output.Write("for nobody"u8);
                ValueTask<FlushResult> flush = pipe.Output.FlushAsync();
                return flush.IsCompleted && flush.Result.IsCompleted;
            },
            "the peer is gone");
    }

    [Fact]
    public async Task What_a_flush_left_is_sent_before_the_end()
    {
        (StreamConnection peer, StreamConnection connection) = Connect();
        IDuplexPipe pipe = connection.GetPipe(Pool, FlushMode.EndOfTurn);
        await WriteAsync(pipe.Output, "last"u8.ToArray());

        pipe.Output.Complete();
        pipe.Input.Complete();

        (await ReceiveAsync(peer, 4)).Should().Equal("last"u8.ToArray());
        (await peer.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        await Eventually.BeTrueAsync(() => connection.CloseReason == CloseReason.LocalDispose, "both ends are completed");
    }

    [Fact]
    public async Task Completing_waits_until_what_flushes_left_has_been_sent()
    {
        (StreamConnection peer, StreamConnection connection) = Connect();
        IDuplexPipe pipe = connection.GetPipe(Pool, FlushMode.EndOfTurn);
        await WriteAsync(pipe.Output, new byte[1_000]);
        pipe.Output.CancelPendingFlush();

        await pipe.Output.CompleteAsync().AsTask().Within();

        connection.BytesSent.Should().Be(1_000);
        (await ReceiveAsync(peer, 1_000)).Should().HaveCount(1_000);
        (await peer.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
    }

    private static ValueTask<FlushResult> WriteAsync(PipeWriter writer, byte[] bytes)
    {
        writer.Write(bytes);
        return writer.FlushAsync();
    }
}

public sealed class PipeFlushModeTests_PortableTcp : PipeFlushModeTests<PortableUnderTest, OverTcp>;

public sealed class PipeFlushModeTests_PortableUnix : PipeFlushModeTests<PortableUnderTest, OverUnix>;

public sealed class PipeFlushModeTests_EpollTcp : PipeFlushModeTests<EpollUnderTest, OverTcp>;

public sealed class PipeFlushModeTests_EpollUnix : PipeFlushModeTests<EpollUnderTest, OverUnix>;

public sealed class PipeFlushModeTests_EpollWrapped : PipeFlushModeTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
