using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>Who may use a connection that is a pipe, and how it ends.</summary>
public abstract class PipeEndTests<TEngine, TTransport> : PipeTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    [Fact]
    public void A_connection_becomes_a_pipe_once_and_its_own_calls_refuse_from_then_on()
    {
        (_, StreamConnection connection) = Connect();
        Stream early = connection.GetStream(leaveOpen: true);
        connection.GetPipe().Should().NotBeNull();
        byte[] bytes = new byte[1];
        Action[] calls =
        [
            () => connection.GetPipe(),
            () => connection.GetStream(),
            () => connection.Receive(bytes),
            () => connection.Receive(bytes, TimeSpan.Zero),
            () => connection.TryReceive(bytes, out _),
            () => connection.ReceiveAsync(bytes).AsTask().Wait(Limits.Hang),
            () => connection.ReceiveExactly(bytes),
            () => connection.ReceiveExactlyAsync(bytes).AsTask().Wait(Limits.Hang),
            () => connection.TryReceiveExactly(bytes),
            () => connection.Peek(bytes),
            () => connection.PeekAsync(bytes).AsTask().Wait(Limits.Hang),
            () => connection.Send(bytes),
            () => connection.Send("x"),
            () => connection.Send(bytes, bytes),
            () => connection.TrySend(bytes, out _),
            () => connection.SendAsync(bytes).AsTask().Wait(Limits.Hang),
            () => connection.SendAsync(bytes, bytes).AsTask().Wait(Limits.Hang),
            () => early.ReadByte(),
            () => early.ReadAsync(bytes).AsTask().Wait(Limits.Hang),
            () => early.Write(bytes),
            () => early.WriteAsync(bytes).AsTask().Wait(Limits.Hang),
        ];

        calls.Select(static call => Record.Exception(call) is { } thrown ? (thrown as AggregateException)?.InnerException ?? thrown : null)
            .Should().AllBeOfType<InvalidOperationException>().And.OnlyContain(static thrown => thrown!.Message.Contains("GetPipe"));
        connection.WaitWritable(Limits.Hang).Should().BeTrue("waiting takes nothing");
        connection.BytesSent.Should().Be(0);
    }

    [Fact]
    public void A_mode_that_does_not_exist_is_refused_and_the_connection_is_unchanged()
    {
        (_, StreamConnection connection) = Connect();
        Action pipe = () => connection.GetPipe(flushMode: (FlushMode)2);

        pipe.Should().Throw<ArgumentOutOfRangeException>();
        connection.GetPipe().Should().NotBeNull();
    }

    [Fact]
    public async Task A_connection_with_a_receive_under_way_or_closed_becomes_no_pipe()
    {
        (StreamConnection peer, StreamConnection connection) = Connect();
        ValueTask<int> receive = connection.ReceiveAsync(new byte[1]);
        Action pipe = () => connection.GetPipe();

        pipe.Should().Throw<InvalidOperationException>().WithMessage("*receive*");
        await peer.SendAsync("x").AsTask().Within();
        (await receive.Within()).Should().Be(1);
        connection.Dispose();
        pipe.Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public async Task Completing_the_output_sends_what_was_written_and_half_closes()
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe();
        pipe.Output.Write("bye"u8);

        pipe.Output.Complete();
        pipe.Output.Complete();
        await pipe.Output.CompleteAsync();

        (await ReceiveAsync(peer, 3)).Should().Equal("bye"u8.ToArray());
        (await peer.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        await peer.SendAsync("and").AsTask().Within();
        (await ReadAsync(pipe.Input, 3)).Buffer.ToArray().Should().Equal("and"u8.ToArray());
        Action write = () => pipe.Output.GetSpan();
        Func<Task> writeAsync = async () => await pipe.Output.WriteAsync(new byte[1]);
        write.Should().Throw<InvalidOperationException>().WithMessage("*completed*");
        await writeAsync.Should().ThrowAsync<InvalidOperationException>();
        connection.CloseReason.Should().Be(CloseReason.None);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Completing_never_blocks_and_all_that_was_written_comes_before_the_end(bool isAwaited)
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
        byte[] sent = Payload.Of(3 * 1024 * 1024);
        pipe.Output.Write(sent);
        Task completing = Task.CompletedTask;
        if (isAwaited)
        {
            completing = pipe.Output.CompleteAsync().AsTask();
            completing.IsCompleted.Should().BeFalse("the peer does not read");
        }
        else
        {
            pipe.Output.Complete();
        }

        pipe.Input.Complete();

        (await ReceiveAsync(peer, sent.Length)).AsSpan().SequenceEqual(sent).Should().BeTrue();
        (await peer.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        await completing.Within();
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task Completing_both_ends_disposes_the_connection()
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe();
        await pipe.Output.CompleteAsync();
        connection.CloseReason.Should().Be(CloseReason.None);

        await pipe.Input.CompleteAsync();

        connection.CloseReason.Should().Be(CloseReason.LocalDispose);
        (await peer.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Completing_an_end_with_an_exception_aborts_the_connection(bool input)
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe();
        pipe.Output.Write("lost"u8);
        var cause = new InvalidOperationException("cause");
        if (input)
        {
            pipe.Input.Complete(cause);
        }
        else
        {
            await pipe.Output.CompleteAsync(cause);
        }

        connection.CloseReason.Should().Be(CloseReason.LocalAbort);
        if (HasReset)
        {
            await Expect.Socket(peer.ReceiveAsync(new byte[1]).AsTask(), SocketError.ConnectionReset);
        }
        else
        {
            (await peer.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        }
    }

    [Fact]
    public async Task Completing_after_a_deadline_sends_the_rest_and_aborts_if_that_fails_too()
    {
        (_, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
        connection.SendTimeout = TimeSpan.FromMilliseconds(20);
        (await FlushUntilItFailsAsync(pipe.Output)).Failure.Should().BeOfType<IOException>();

        (await Expect.Failure(pipe.Output.CompleteAsync().AsTask())).Should().BeOfType<IOException>();

        connection.CloseReason.Should().Be(CloseReason.LocalAbort, "the peer must not take a part for the whole");
        Pool.Outstanding.Should().Be(0);
    }

    [Theory]
    [InlineData(64 * 1024, false)]
    [InlineData(64 * 1024, true)]
    [InlineData(2 * 1024 * 1024, false)]
    [InlineData(2 * 1024 * 1024, true)]
    public async Task A_flush_that_waits_ends_when_this_side_disposes_the_connection_and_the_peer_sees_a_cut(int bytes, bool ofCaller)
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
        ValueTask<FlushResult> flush;
        if (ofCaller)
        {
            while ((flush = pipe.Output.WriteAsync(new byte[bytes])).IsCompleted)
            {
                await flush;
            }
        }
        else
        {
            (flush, _) = await FlushUntilItWaitsAsync(pipe.Output, bytes);
        }

        connection.QueuedBytes.Should().BePositive();
        connection.Dispose();

        await Expect.Disposed(flush.AsTask());
        Pool.Outstanding.Should().Be(0);
        connection.QueuedBytes.Should().Be(0);
        connection.CloseReason.Should().Be(CloseReason.LocalDispose);
        if (HasReset)
        {
            Expect.Disconnected(await peer.DrainAsync());
        }
    }

    [Fact]
    public async Task QueuedBytes_of_the_connection_counts_what_a_cancelled_flush_has_left()
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe(SmallBuffer);
        connection.QueuedBytes.Should().Be(0);
        (ValueTask<FlushResult> flush, int sent) = await FlushUntilItWaitsAsync(pipe.Output);
        pipe.Output.CancelPendingFlush();
        (await flush.Within()).IsCanceled.Should().BeTrue();
        long left = connection.QueuedBytes;
        pipe.Output.Write(new byte[1_000]);
        ValueTask<FlushResult> next = pipe.Output.FlushAsync();

        left.Should().BeInRange(1, 64 * 1024);
        connection.QueuedBytes.Should().BeInRange(connection.Channel.QueuedBytes + 1_000, left + 1_000, "the second waits in the pipe");
        await ReceiveAsync(peer, sent + 1_000);
        (await next.Within()).IsCompleted.Should().BeFalse();
        connection.QueuedBytes.Should().Be(0);
    }

    [Fact]
    public async Task Two_pipes_echo_any_split_of_a_message()
    {
        (StreamConnection client, StreamConnection accepted) = Connect();
        IDuplexPipe there = client.GetPipe();
        IDuplexPipe here = accepted.GetPipe(Pool);
        Task echoing = EchoAsync(here);
        byte[] sent = Payload.Of(200_000);
        Task<byte[]> reading = ReadToEndAsync(there.Input);
        var random = new Random(7);
        for (int done = 0; done < sent.Length;)
        {
            int count = Math.Min(random.Next(1, 3_000), sent.Length - done);
            await there.Output.WriteAsync(sent.AsMemory(done, count)).Within();
            done += count;
        }

        await there.Output.CompleteAsync();
        (await reading.Within()).Should().Equal(sent);
        await echoing.Within();
        await there.Input.CompleteAsync();
        client.CloseReason.Should().Be(CloseReason.PeerFinished);
        Pool.Outstanding.Should().Be(0);
    }

    private static async Task EchoAsync(IDuplexPipe pipe)
    {
        while (true)
        {
            ReadResult result = await pipe.Input.ReadAsync();
            foreach (ReadOnlyMemory<byte> part in result.Buffer)
            {
                pipe.Output.Write(part.Span);
            }

            await pipe.Output.FlushAsync();
            pipe.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        await pipe.Output.CompleteAsync();
        await pipe.Input.CompleteAsync();
    }
}

public sealed class PipeEndTests_PortableTcp : PipeEndTests<PortableUnderTest, OverTcp>;

public sealed class PipeEndTests_PortableUnix : PipeEndTests<PortableUnderTest, OverUnix>;

public sealed class PipeEndTests_EpollTcp : PipeEndTests<EpollUnderTest, OverTcp>;

public sealed class PipeEndTests_EpollUnix : PipeEndTests<EpollUnderTest, OverUnix>;

public sealed class PipeEndTests_PortableWrapped : PipeEndTests<WrappedUnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeEndTests_EpollWrapped : PipeEndTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
