using System.Buffers;
using System.IO.Pipelines;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Pipes;

/// <summary>Reads that are cancelled, calls that overlap or come too late, and positions that are wrong.</summary>
public abstract class PipeReaderCallerTests<TEngine, TTransport> : PipeTests<TEngine, TTransport>
    where TEngine : EngineUnderTest, new()
    where TTransport : Transport, new()
{
    [Fact]
    public async Task CancelPendingRead_ends_the_read_that_waits_and_no_other()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        ValueTask<ReadResult> read = pipe.Input.ReadAsync();

        pipe.Input.CancelPendingRead();

        ReadResult cancelled = await read.Within();
        (cancelled.IsCanceled, cancelled.IsCompleted, cancelled.Buffer.IsEmpty).Should().Be((true, false, true));
        pipe.Input.AdvanceTo(cancelled.Buffer.End);
        ValueTask<ReadResult> next = pipe.Input.ReadAsync();
        next.IsCompleted.Should().BeFalse();
        await peer.SendAsync("x").AsTask().Within();
        (await next.Within()).IsCanceled.Should().BeFalse();
    }

    [Fact]
    public async Task CancelPendingRead_that_comes_first_ends_the_next_read_only_and_loses_nothing()
    {
        (StreamConnection peer, StreamConnection connection, IDuplexPipe pipe) = ConnectPipe();
        await peer.SendAsync("kept").AsTask().Within();
        connection.WaitReadable(Limits.Hang).Should().BeTrue();
        pipe.Input.CancelPendingRead();
        pipe.Input.CancelPendingRead();

        ReadResult cancelled = await pipe.Input.ReadAsync().Within();
        cancelled.IsCanceled.Should().BeTrue();
        pipe.Input.AdvanceTo(cancelled.Buffer.Start);

        ReadResult read = await ReadAsync(pipe.Input, 4);
        read.IsCanceled.Should().BeFalse();
        read.Buffer.ToArray().Should().Equal("kept"u8.ToArray());
    }

    [Fact]
    public async Task TryRead_tells_of_a_cancellation_that_came_first()
    {
        (_, _, IDuplexPipe pipe) = ConnectPipe();
        pipe.Input.CancelPendingRead();

        pipe.Input.TryRead(out ReadResult cancelled).Should().BeTrue();
        cancelled.IsCanceled.Should().BeTrue();
        pipe.Input.AdvanceTo(cancelled.Buffer.End);
        pipe.Input.TryRead(out _).Should().BeFalse();
        await Task.CompletedTask;
    }

    [Fact]
    public async Task A_rest_that_was_examined_is_given_back_by_a_cancelled_read()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        await peer.SendAsync("rest").AsTask().Within();
        ReadResult rest = await ReadAsync(pipe.Input, 4);
        pipe.Input.AdvanceTo(rest.Buffer.Start, rest.Buffer.End);
        ValueTask<ReadResult> read = pipe.Input.ReadAsync();

        pipe.Input.CancelPendingRead();

        ReadResult cancelled = await read.Within();
        cancelled.IsCanceled.Should().BeTrue();
        cancelled.Buffer.ToArray().Should().Equal("rest"u8.ToArray());
    }

    [Fact]
    public async Task The_code_behind_a_cancelled_read_runs_on_the_pool_and_not_inside_the_call()
    {
        (_, _, IDuplexPipe pipe) = ConnectPipe();
        using var called = new ManualResetEventSlim();
        Task<bool> behind = BehindAsync(pipe.Input, called);

        pipe.Input.CancelPendingRead();
        called.Set();

        (await behind.Within()).Should().BeTrue();
    }

    [Fact]
    public async Task Every_cancellation_ends_one_read_whenever_it_comes()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        const int rounds = 2000;
        Task<(int Cancelled, long Bytes)> reading = ReadAllAsync();
        for (int i = 0; i < rounds; i++)
        {
            pipe.Input.CancelPendingRead();
            await peer.SendAsync(new byte[] { 1 }).AsTask().Within();
        }

        peer.ShutdownSend();

        (int cancelled, long bytes) = await reading.Within();
        bytes.Should().Be(rounds);
        cancelled.Should().BeInRange(1, rounds);

        async Task<(int Cancelled, long Bytes)> ReadAllAsync()
        {
            int seen = 0;
            long count = 0;
            while (true)
            {
                ReadResult result = await pipe.Input.ReadAsync();
                seen += result.IsCanceled ? 1 : 0;
                count += result.Buffer.Length;
                pipe.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return (seen, count);
                }
            }
        }
    }

    [Fact]
    public async Task A_token_throws_and_loses_nothing()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        using var source = new CancellationTokenSource();
        ValueTask<ReadResult> read = pipe.Input.ReadAsync(source.Token);

        await source.CancelAsync();

        await Expect.Canceled(read.AsTask(), source.Token);
        await Expect.Canceled(pipe.Input.ReadAsync(source.Token).AsTask(), source.Token);
        await peer.SendAsync("x").AsTask().Within();
        (await pipe.Input.ReadAsync().Within()).Buffer.ToArray().Should().Equal("x"u8.ToArray());
    }

    [Fact]
    public async Task Calls_that_overlap_a_read_throw_and_leave_it_alone()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        ValueTask<ReadResult> read = pipe.Input.ReadAsync();

        Func<Task> second = async () => await pipe.Input.ReadAsync();
        Action tryRead = () => pipe.Input.TryRead(out _);
        Action advance = () => pipe.Input.AdvanceTo(default);

        await second.Should().ThrowAsync<InvalidOperationException>();
        tryRead.Should().Throw<InvalidOperationException>();
        advance.Should().Throw<InvalidOperationException>();
        await peer.SendAsync("x").AsTask().Within();
        (await read.Within()).Buffer.ToArray().Should().Equal("x"u8.ToArray());
    }

    [Fact]
    public async Task A_second_await_of_a_read_throws()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        ValueTask<ReadResult> read = pipe.Input.ReadAsync();
        await peer.SendAsync("x").AsTask().Within();
        Task<ReadResult> task = read.AsTask();
        await task.Within();

        Func<Task> again = async () => await read;

        await again.Should().ThrowAsync<InvalidOperationException>();
    }

    [Fact]
    public async Task Positions_that_are_foreign_or_go_back_throw_and_change_nothing()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        await peer.SendAsync("abcdef").AsTask().Within();
        ReadResult read = await ReadAsync(pipe.Input, 6);
        pipe.Input.AdvanceTo(read.Buffer.GetPosition(2));
        ReadResult rest = await pipe.Input.ReadAsync().Within();
        SequencePosition third = rest.Buffer.GetPosition(3);

        (SequencePosition Consumed, SequencePosition Examined)[] wrong =
        [
            (read.Buffer.Start, read.Buffer.Start),
            (third, rest.Buffer.Start),
            (new SequencePosition(rest.Buffer.Start.GetObject(), 100), new SequencePosition(rest.Buffer.Start.GetObject(), 100)),
            (new ReadOnlySequence<byte>(new byte[10]).Start, third),
            (rest.Buffer.Start, new ReadOnlySequence<byte>(new byte[10]).End),
            (default, default),
        ];
        foreach ((SequencePosition consumed, SequencePosition examined) in wrong)
        {
            Action advance = () => pipe.Input.AdvanceTo(consumed, examined);
            advance.Should().Throw<InvalidOperationException>();
        }

        pipe.Input.AdvanceTo(rest.Buffer.Start);
        (await pipe.Input.ReadAsync().Within()).Buffer.ToArray().Should().Equal("cdef"u8.ToArray());
    }

    [Fact]
    public async Task A_position_of_memory_that_was_given_back_is_foreign()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        await peer.SendAsync("ab").AsTask().Within();
        ReadResult read = await ReadAsync(pipe.Input, 2);
        pipe.Input.AdvanceTo(read.Buffer.End);

        Action again = () => pipe.Input.AdvanceTo(read.Buffer.End);

        again.Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public async Task Complete_gives_the_memory_back_and_may_come_twice()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        await peer.SendAsync("abc").AsTask().Within();
        ReadResult read = await ReadAsync(pipe.Input, 3);
        pipe.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);

        pipe.Input.Complete();
        pipe.Input.Complete(new InvalidOperationException("ignored"));
        await pipe.Input.CompleteAsync();

        Pool.Outstanding.Should().Be(0);
        Func<Task> next = async () => await pipe.Input.ReadAsync();
        Action tryRead = () => pipe.Input.TryRead(out _);
        await next.Should().ThrowAsync<InvalidOperationException>().WithMessage("*completed*");
        tryRead.Should().Throw<InvalidOperationException>();
        await pipe.Output.WriteAsync("still"u8.ToArray()).Within();
        (await ReceiveAsync(peer, 5)).Should().Equal("still"u8.ToArray());
    }

    [Fact]
    public async Task Complete_ends_a_read_that_waits()
    {
        (_, _, IDuplexPipe pipe) = ConnectPipe();
        ValueTask<ReadResult> read = pipe.Input.ReadAsync();

        pipe.Input.Complete();

        (await Expect.Failure(read.AsTask())).Should().BeOfType<InvalidOperationException>();
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task The_stream_over_the_reader_gives_what_is_held_and_then_receives()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        await peer.SendAsync("held").AsTask().Within();
        ReadResult held = await ReadAsync(pipe.Input, 4);
        pipe.Input.AdvanceTo(held.Buffer.Start, held.Buffer.End);
        Stream stream = pipe.Input.AsStream();
        int rents = Pool.Rents;
        byte[] buffer = new byte[10];

        (await stream.ReadAsync(buffer.AsMemory(0, 3)).Within()).Should().Be(3);
        (await stream.ReadAsync(buffer.AsMemory(3)).Within()).Should().Be(1);
        buffer.AsSpan(0, 4).ToArray().Should().Equal("held"u8.ToArray());
        ValueTask<int> read = stream.ReadAsync(buffer);
        read.IsCompleted.Should().BeFalse();
        pipe.Input.CancelPendingRead();
        (await Expect.Failure(read.AsTask())).Should().BeAssignableTo<OperationCanceledException>();
        ValueTask<int> next = stream.ReadAsync(buffer);
        await peer.SendAsync("x").AsTask().Within();
        (await next.Within()).Should().Be(1);
        peer.ShutdownSend();
        (await Limits.OnThread(() => stream.Read(buffer)).Within()).Should().Be(0);
        Pool.Rents.Should().Be(rents, "the bytes went into the caller's memory");

        await stream.DisposeAsync();
        Action tryRead = () => pipe.Input.TryRead(out _);
        tryRead.Should().Throw<InvalidOperationException>("disposing the stream completes the reader");
        Pool.Outstanding.Should().Be(0);
    }

    [Fact]
    public async Task CopyToAsync_moves_one_connection_into_another()
    {
        (StreamConnection peer, _, IDuplexPipe pipe) = ConnectPipe();
        (StreamConnection target, StreamConnection accepted) = Connect();
        byte[] sent = Payload.Of(1024 * 1024);
        IDuplexPipe output = accepted.GetPipe();
        Task copying = pipe.Input.CopyToAsync(output.Output);
        Task sending = SendAsync();

        (await ReceiveAsync(target, sent.Length)).Should().Equal(sent);
        await sending.Within();
        await copying.Within();
        Pool.Outstanding.Should().Be(0);

        async Task SendAsync()
        {
            await peer.SendAsync(sent);
            peer.ShutdownSend();
        }
    }

    /// <summary>Without the context of the tests, which would run the code on threads of its own.</summary>
    private static async Task<bool> BehindAsync(PipeReader reader, ManualResetEventSlim called)
    {
        ReadResult result = await reader.ReadAsync().ConfigureAwait(false);
        bool wasCalled = called.Wait(Limits.Hang);
        return result.IsCanceled && wasCalled && Thread.CurrentThread.IsThreadPoolThread;
    }
}

public sealed class PipeReaderCallerTests_PortableTcp : PipeReaderCallerTests<PortableUnderTest, OverTcp>;

public sealed class PipeReaderCallerTests_PortableUnix : PipeReaderCallerTests<PortableUnderTest, OverUnix>;

public sealed class PipeReaderCallerTests_EpollTcp : PipeReaderCallerTests<EpollUnderTest, OverTcp>;

public sealed class PipeReaderCallerTests_EpollUnix : PipeReaderCallerTests<EpollUnderTest, OverUnix>;

public sealed class PipeReaderCallerTests_PortableWrapped : PipeReaderCallerTests<WrappedUnderTest<PortableUnderTest>, OverTcp>;

public sealed class PipeReaderCallerTests_EpollWrapped : PipeReaderCallerTests<WrappedUnderTest<EpollUnderTest>, OverTcp>;
