using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>What is written, when it is sent, and what a flush waits for.</summary>
public abstract class PipeWriterTests<TEngine, TTransport> : PipeTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    [Fact]
    public async Task The_span_of_the_last_Get_stays_valid_and_contiguous_over_several_advances()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        byte[] sent = Payload.Of(4_000);
        Memory<byte> memory = pipe.Output.GetMemory(sent.Length);
        for (int done = 0; done < sent.Length; done += 100)
        {
            sent.AsSpan(done, 100).CopyTo(memory.Span[done..]);
            pipe.Output.Advance(100);
        }

        await pipe.Output.FlushAsync().Within();

        (await ReceiveAsync(peer, sent.Length)).Should().Equal(sent);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3_000)]
    [InlineData(5_000)]
    [InlineData(300_000)]
    public async Task A_flush_sends_all_that_was_written_in_order_and_gives_the_memory_back(int piece)
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        byte[] sent = Payload.Of(Math.Min(900_000, piece * 1_500));
        foreach (byte[] part in sent.Chunk(piece))
        {
            pipe.Output.Write(part);
        }

        pipe.Output.CanGetUnflushedBytes.Should().BeTrue();
        pipe.Output.UnflushedBytes.Should().Be(sent.Length);
        Task<FlushResult> flush = pipe.Output.FlushAsync().AsTask();
        (await ReceiveAsync(peer, sent.Length)).Should().Equal(sent);

        FlushResult result = await flush.Within();
        (result.IsCanceled, result.IsCompleted).Should().Be((false, false));
        pipe.Output.UnflushedBytes.Should().Be(0);
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task WriteAsync_with_nothing_written_before_sends_the_callers_memory_without_a_copy()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();

        (await pipe.Output.WriteAsync(Payload.Of(3_000)).Within()).IsCompleted.Should().BeFalse();

        (await ReceiveAsync(peer, 3_000)).Should().Equal(Payload.Of(3_000));
        Pool.Rents.Should().Be(0);
    }

    [Fact]
    public async Task WriteAsync_comes_behind_what_was_written_before()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        byte[] sent = Payload.Of(600_000);
        pipe.Output.Write(sent.AsSpan(0, 10));
        await pipe.Output.WriteAsync(sent.AsMemory(10, 20)).Within();
        pipe.Output.Write(sent.AsSpan(30, 10));
        Task<FlushResult> large = pipe.Output.WriteAsync(sent.AsMemory(40)).AsTask();

        (await ReceiveAsync(peer, sent.Length)).Should().Equal(sent);
        await large.Within();
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task A_flush_waits_while_the_peer_does_not_read()
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
        (ValueTask<FlushResult> flush, int sent) = await FlushUntilItWaitsAsync(pipe.Output);
        connection.BytesSent.Should().BeLessThan(sent);

        (await ReceiveAsync(peer, sent)).Should().Equal(Payload.Of(sent));

        (await flush.Within()).IsCanceled.Should().BeFalse();
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task What_is_written_during_a_flush_comes_behind_it()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
        (ValueTask<FlushResult> flush, int sent) = await FlushUntilItWaitsAsync(pipe.Output);
        pipe.Output.Write("behind"u8);
        Func<Task> second = async () => await pipe.Output.FlushAsync();
        await second.Should().ThrowAsync<InvalidOperationException>("one flush at a time");

        (await ReceiveAsync(peer, sent)).Should().Equal(Payload.Of(sent));
        await flush.Within();
        await pipe.Output.FlushAsync().Within();

        (await ReceiveAsync(peer, 6)).Should().Equal("behind"u8.ToArray());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cancelled_flush_ends_its_wait_and_its_bytes_are_sent_all_the_same(bool byToken)
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
        using var source = new CancellationTokenSource();
        (ValueTask<FlushResult> flush, int sent) = await FlushUntilItWaitsAsync(pipe.Output, cancellationToken: source.Token);

        await CancelAsync(pipe.Output, flush, byToken ? source : null);

        pipe.Output.Write("behind"u8);
        Task<FlushResult> next = pipe.Output.FlushAsync().AsTask();
        (await ReceiveAsync(peer, sent)).Should().Equal(Payload.Of(sent));
        (await ReceiveAsync(peer, 6)).Should().Equal("behind"u8.ToArray());
        (await next.Within()).IsCanceled.Should().BeFalse();
        Pool.Outstanding.Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_callers_memory_is_its_own_again_after_a_cancelled_WriteAsync_and_nothing_is_lost(bool byToken)
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
        using var source = new CancellationTokenSource();
        byte[] memory = Payload.Of(MoreThanSmallBuffersTake);
        ValueTask<FlushResult> write = pipe.Output.WriteAsync(memory, source.Token);
        write.IsCompleted.Should().BeFalse();

        await CancelAsync(pipe.Output, write, byToken ? source : null);
        memory.AsSpan().Clear();

        (await ReceiveAsync(peer, memory.Length)).AsSpan().SequenceEqual(Payload.Of(memory.Length)).Should().BeTrue();
        await pipe.Output.FlushAsync().Within();
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task A_large_WriteAsync_copies_little_of_the_callers_memory()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
        byte[] sent = Payload.Of(MoreThanSmallBuffersTake);
        Task<FlushResult> write = pipe.Output.WriteAsync(sent).AsTask();
        write.IsCompleted.Should().BeFalse();
        Pool.Outstanding.Should().Be(1);

        (await ReceiveAsync(peer, sent.Length)).AsSpan().SequenceEqual(sent).Should().BeTrue();

        await write.Within();
        Pool.Largest.Should().BeLessThanOrEqualTo(64 * 1024);
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task CancelPendingFlush_that_comes_first_ends_the_next_flush_only_which_sends_all_the_same()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        pipe.Output.Write("a"u8);
        pipe.Output.CancelPendingFlush();
        pipe.Output.CancelPendingFlush();

        (await pipe.Output.FlushAsync().Within()).IsCanceled.Should().BeTrue();
        (await ReceiveAsync(peer, 1)).Should().Equal("a"u8.ToArray());
        (await pipe.Output.FlushAsync().Within()).IsCanceled.Should().BeFalse();
    }

    [Fact]
    public async Task A_flush_with_a_fired_token_throws_and_keeps_what_was_written()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        pipe.Output.Write("ab"u8);
        var fired = new CancellationToken(canceled: true);

        await Expect.Canceled(pipe.Output.FlushAsync(fired).AsTask(), fired);
        await Expect.Canceled(pipe.Output.WriteAsync("no"u8.ToArray(), fired).AsTask(), fired);

        pipe.Output.UnflushedBytes.Should().Be(2);
        await pipe.Output.FlushAsync().Within();
        (await ReceiveAsync(peer, 2)).Should().Equal("ab"u8.ToArray());
    }

    [Fact]
    public async Task A_flush_says_completed_once_the_peer_is_gone()
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe();
        peer.Abort();
        connection.WaitReadable(Limits.Hang).Should().BeTrue();
        FlushResult result = default;
        for (int i = 0; i < 100 && !result.IsCompleted; i++)
        {
            pipe.Output.Write("for nobody"u8);
            result = await pipe.Output.FlushAsync().Within();
        }

        result.IsCompleted.Should().BeTrue();
        (await pipe.Output.WriteAsync("for nobody"u8.ToArray()).Within()).IsCompleted.Should().BeTrue();
        Pool.Outstanding.Should().Be(0, "what nobody can get is dropped");
    }

    [Fact]
    public async Task A_flush_that_waits_ends_as_completed_when_the_peer_goes()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
        (ValueTask<FlushResult> flush, _) = await FlushUntilItWaitsAsync(pipe.Output);

        peer.Abort();

        (await flush.Within()).IsCompleted.Should().BeTrue();
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task A_deadline_keeps_the_rest_for_the_next_flush()
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
        connection.SendTimeout = TimeSpan.FromMilliseconds(20);
        (Exception failure, int written) = await FlushUntilItFailsAsync(pipe.Output);
        failure.Should().BeOfType<IOException>();
        failure.InnerException.Should().BeOfType<SocketTimeoutException>();
        pipe.Output.UnflushedBytes.Should().BePositive();

        connection.SendTimeout = Limits.Hang;
        Task<FlushResult> next = pipe.Output.FlushAsync().AsTask();

        (await ReceiveAsync(peer, written)).AsSpan().SequenceEqual(Payload.Of(written)).Should().BeTrue();
        (await next.Within()).IsCompleted.Should().BeFalse();
        pipe.Output.UnflushedBytes.Should().Be(0);
    }

    [Fact]
    public async Task Memory_that_throws_fails_its_write_and_no_thread_of_the_engine()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
        using var gone = new ThrowingMemory(4 * 1024 * 1024);
        Task<FlushResult> write = pipe.Output.WriteAsync(gone.Memory).AsTask();
        write.IsCompleted.Should().BeFalse();
        gone.LetGo();

        Task reading = Limits.OnThread(() =>
        {
            byte[] buffer = new byte[SmallBuffer];
            try
            {
                while (!write.IsCompleted && peer.WaitReadable(Limits.Hang))
                {
                    peer.TryReceive(buffer, out _);
                }
            }
            catch (SocketOperationException exception) when (exception.IsDisconnect())
            {
                // This thread may still read when the writer is completed with an exception, which resets the connection.
            }
        });

        (await Expect.Failure(write)).Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain("gone");
        Func<Task> next = async () => await pipe.Output.WriteAsync(gone.Memory);
        await next.Should().ThrowAsync<InvalidOperationException>();
        pipe.Output.Complete(new InvalidOperationException("the peer has a part"));
        await reading.Within();
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public void Wrong_arguments_throw_and_change_nothing()
    {
        (_, _, IDuplexPipe pipe) = ConnectPipe();
        Action early = () => pipe.Output.Advance(1);
        Action negativeHint = () => pipe.Output.GetMemory(-1);
        early.Should().Throw<ArgumentOutOfRangeException>();
        negativeHint.Should().Throw<ArgumentOutOfRangeException>();

        int length = pipe.Output.GetSpan().Length;
        Action tooFar = () => pipe.Output.Advance(length + 1);
        Action negative = () => pipe.Output.Advance(-1);
        tooFar.Should().Throw<ArgumentOutOfRangeException>();
        negative.Should().Throw<ArgumentOutOfRangeException>();
        pipe.Output.UnflushedBytes.Should().Be(0);
    }

    private static async Task CancelAsync(PipeWriter writer, ValueTask<FlushResult> flush, CancellationTokenSource? source)
    {
        if (source is not null)
        {
            await source.CancelAsync();
            await Expect.Canceled(flush.AsTask(), source.Token);
        }
        else
        {
            writer.CancelPendingFlush();
            (await flush.Within()).IsCanceled.Should().BeTrue();
        }
    }
}

public sealed class PipeWriterTests_PortableTcp : PipeWriterTests<PortableUnderTest, OverTcp>;

public sealed class PipeWriterTests_PortableUnix : PipeWriterTests<PortableUnderTest, OverUnix>;

public sealed class PipeWriterTests_EpollTcp : PipeWriterTests<EpollUnderTest, OverTcp>;

public sealed class PipeWriterTests_EpollUnix : PipeWriterTests<EpollUnderTest, OverUnix>;

public sealed class PipeWriterTests_PortableWrapped : PipeWriterTests<WrappedUnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeWriterTests_EpollWrapped : PipeWriterTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
