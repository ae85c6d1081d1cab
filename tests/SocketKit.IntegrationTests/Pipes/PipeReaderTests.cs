using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>What a read gives, and what is kept between two reads.</summary>
public abstract class PipeReaderTests<TEngine, TTransport> : PipeTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    [Fact]
    public async Task What_was_not_examined_is_given_back_at_once_and_nothing_is_received()
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe();
        await peer.SendAsync("abcd").AsTask().Within();
        ReadResult first = await ReadAsync(pipe.Input, 4);
        await peer.SendAsync("ef").AsTask().Within();
        pipe.Input.AdvanceTo(first.Buffer.GetPosition(1), first.Buffer.GetPosition(3));

        ValueTask<ReadResult> second = pipe.Input.ReadAsync();

        second.IsCompleted.Should().BeTrue();
        (await second).Buffer.ToArray().Should().Equal("bcd"u8.ToArray());
        connection.BytesReceived.Should().Be(4);
    }

    [Fact]
    public async Task What_was_examined_to_its_end_is_given_back_with_more()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        await peer.SendAsync("ab").AsTask().Within();
        ReadResult first = await ReadAsync(pipe.Input, 2);
        pipe.Input.AdvanceTo(first.Buffer.GetPosition(1), first.Buffer.End);

        ValueTask<ReadResult> second = pipe.Input.ReadAsync();
        second.IsCompleted.Should().BeFalse("nothing new has come");
        await peer.SendAsync("cd").AsTask().Within();

        ReadResult result = await second.Within();
        result.Buffer.ToArray().Should().StartWith("b"u8.ToArray()).And.HaveCountGreaterThan(1);
        result.IsCompleted.Should().BeFalse();
    }

    [Fact]
    public async Task Everything_consumed_gives_all_memory_back_and_a_read_that_waits_holds_none()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        for (int i = 0; i < 3; i++)
        {
            ValueTask<ReadResult> read = pipe.Input.ReadAsync();
            read.IsCompleted.Should().BeFalse();

            // A loop that polls takes a block for each try.
            await Eventually.BeTrueAsync(() => Pool.Outstanding == 0, "a read that waits holds nothing");
            await peer.SendAsync("abc").AsTask().Within();
            ReadResult result = await read.Within();
            Pool.Outstanding.Should().Be(1);

            pipe.Input.AdvanceTo(result.Buffer.End);

            Pool.Outstanding.Should().Be(0);
            if (result.Buffer.Length < 3)
            {
                result = await ReadAsync(pipe.Input, (int)(3 - result.Buffer.Length));
                pipe.Input.AdvanceTo(result.Buffer.End);
            }
        }
    }

    [Fact]
    public async Task Consuming_a_part_gives_back_the_segments_in_front_of_it()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        byte[] sent = Payload.Of(100_000);
        Task sending = peer.SendAsync(sent).AsTask();
        ReadResult all = await ReadAsync(pipe.Input, sent.Length);
        await sending.Within();
        int before = Pool.Outstanding;
        before.Should().BeGreaterThan(3);

        pipe.Input.AdvanceTo(all.Buffer.GetPosition(99_999));

        Pool.Outstanding.Should().Be(1);
        (await pipe.Input.ReadAsync().Within()).Buffer.ToArray().Should().Equal(sent[^1]);
    }

    [Fact]
    public async Task Segments_double_while_reads_fill_them_and_shrink_afterwards()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        byte[] sent = Payload.Of(4 * 1024 * 1024);
        Task sending = peer.SendAsync(sent).AsTask();
        for (long left = sent.Length; left > 0;)
        {
            ReadResult result = await pipe.Input.ReadAsync().Within();
            left -= result.Buffer.Length;
            pipe.Input.AdvanceTo(result.Buffer.End);
        }

        await sending.Within();
        Pool.Largest.Should().BeGreaterThan(4 * 1024).And.BeLessThanOrEqualTo(256 * 1024);

        for (int i = 0; i < 40; i++)
        {
            Pool.Largest = 0;
            await peer.SendAsync(new byte[] { 1 }).AsTask().Within();
            pipe.Input.AdvanceTo((await ReadAsync(pipe.Input, 1)).Buffer.End);
        }

        Pool.Largest.Should().Be(4 * 1024);
    }

    [Fact]
    public async Task TryRead_never_waits_and_receives_what_has_come()
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe();

        pipe.Input.TryRead(out ReadResult nothing).Should().BeFalse();
        nothing.Buffer.IsEmpty.Should().BeTrue();
        Pool.Outstanding.Should().Be(0);
        await peer.SendAsync("ab").AsTask().Within();
        connection.WaitReadable(Limits.Hang).Should().BeTrue();
        pipe.Input.TryRead(out ReadResult some).Should().BeTrue();

        some.Buffer.First.Span[0].Should().Be((byte)'a');
        pipe.Input.AdvanceTo(some.Buffer.End);
    }

    [Fact]
    public async Task ReadAtLeast_waits_for_so_many_bytes_or_the_end()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        ValueTask<ReadResult> read = pipe.Input.ReadAtLeastAsync(10_000);
        byte[] sent = Payload.Of(12_000);
        foreach (byte[] part in sent.Chunk(3_000))
        {
            read.IsCompleted.Should().BeFalse();
            await peer.SendAsync(part).AsTask().Within();
        }

        ReadResult result = await read.Within();
        result.Buffer.Length.Should().BeGreaterThanOrEqualTo(10_000);
        pipe.Input.AdvanceTo(result.Buffer.GetPosition(9_999));

        ValueTask<ReadResult> last = pipe.Input.ReadAtLeastAsync(10_000);
        peer.ShutdownSend();
        ReadResult rest = await last.Within();
        rest.IsCompleted.Should().BeTrue();
        rest.Buffer.ToArray().Should().Equal(sent[9_999..]);
    }

    [Fact]
    public async Task Data_that_came_with_the_end_comes_before_it()
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe();
        await peer.SendAsync("last").AsTask().Within();
        await peer.DisposeAsync();
        connection.WaitReadable(Limits.Hang).Should().BeTrue();

        (await ReadToEndAsync(pipe.Input)).Should().Equal("last"u8.ToArray());

        ReadResult again = await pipe.Input.ReadAsync().Within();
        (again.IsCompleted, again.Buffer.IsEmpty).Should().Be((true, true));
        pipe.Input.AdvanceTo(again.Buffer.End);
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task A_rest_that_was_examined_is_given_back_with_the_end()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        await peer.SendAsync("half").AsTask().Within();
        ReadResult half = await ReadAsync(pipe.Input, 4);
        pipe.Input.AdvanceTo(half.Buffer.Start, half.Buffer.End);
        peer.ShutdownSend();

        ReadResult end = await pipe.Input.ReadAsync().Within();

        end.IsCompleted.Should().BeTrue();
        end.Buffer.ToArray().Should().Equal("half"u8.ToArray());
    }

    [Fact]
    public async Task A_reset_is_an_IOException_around_ours_and_is_told_once()
    {
        if (!HasReset)
        {
            return;
        }

        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe();
        ValueTask<ReadResult> read = pipe.Input.ReadAsync();
        peer.Abort();

        IOException failure = (await Expect.Failure(read.AsTask())).Should().BeOfType<IOException>().Subject;
        Expect.Socket(failure.InnerException, SocketError.ConnectionReset);
        connection.CloseReason.Should().Be(CloseReason.PeerReset);
        ReadResult next = await pipe.Input.ReadAsync().Within();
        next.IsCompleted.Should().BeTrue();
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task A_deadline_is_an_IOException_around_ours_and_the_reader_stays_usable()
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe();
        connection.ReceiveTimeout = TimeSpan.FromMilliseconds(20);

        IOException failure = (await Expect.Failure(pipe.Input.ReadAsync().AsTask())).Should().BeOfType<IOException>().Subject;

        Expect.Timeout(failure.InnerException);
        connection.ReceiveTimeout = Limits.Hang;
        await peer.SendAsync("x").AsTask().Within();
        (await pipe.Input.ReadAsync().Within()).Buffer.ToArray().Should().Equal("x"u8.ToArray());
    }

    [Fact]
    public async Task A_read_ends_when_this_side_disposes_the_connection()
    {
        (_, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe();
        ValueTask<ReadResult> read = pipe.Input.ReadAsync();

        connection.Dispose();

        await Expect.Disposed(read.AsTask());
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task A_pool_that_throws_fails_the_read_and_no_byte_is_lost()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        ValueTask<ReadResult> read = pipe.Input.ReadAsync();
        Pool.Refuses = true;
        await peer.SendAsync("kept").AsTask().Within();
        (await Expect.Failure(read.AsTask())).Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain("refuses");
        Pool.Refuses = false;

        (await ReadAsync(pipe.Input, 4)).Buffer.ToArray().Should().Equal("kept"u8.ToArray());
    }

    [Fact]
    public async Task The_largest_block_of_a_pool_is_never_exceeded()
    {
        (StreamConnection peer, StreamConnection accepted) = Connect();
        using var small = new CountingPool(512);
        IDuplexPipe pipe = accepted.GetPipe(small);
        byte[] sent = Payload.Of(20_000);
        Task sending = peer.SendAsync(sent).AsTask();

        ReadResult read = await ReadAsync(pipe.Input, sent.Length);
        read.Buffer.ToArray().Should().Equal(sent);
        await sending.Within();
        pipe.Output.GetSpan(4_000).Length.Should().BeGreaterThanOrEqualTo(4_000, "what the pool does not have comes from elsewhere");
        pipe.Input.AdvanceTo(read.Buffer.End);

        small.Outstanding.Should().Be(0);
    }
}

public sealed class PipeReaderTests_PortableTcp : PipeReaderTests<PortableUnderTest, OverTcp>;

public sealed class PipeReaderTests_PortableUnix : PipeReaderTests<PortableUnderTest, OverUnix>;

public sealed class PipeReaderTests_EpollTcp : PipeReaderTests<EpollUnderTest, OverTcp>;

public sealed class PipeReaderTests_EpollUnix : PipeReaderTests<EpollUnderTest, OverUnix>;

public sealed class PipeReaderTests_PortableWrapped : PipeReaderTests<WrappedUnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeReaderTests_EpollWrapped : PipeReaderTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
