using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>The Begin and End members of a connection's stream.</summary>
public abstract class StreamBeginEndTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public async Task A_write_ends_while_a_read_waits()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream stream = pair.Client.GetStream();
        byte[] answer = new byte[1];
        IAsyncResult read = stream.BeginRead(answer, 0, 1, null, null);

        await Limits.OnThread(() => stream.EndWrite(stream.BeginWrite([7], 0, 1, null, null))).Within();

        read.IsCompleted.Should().BeFalse();
        pair.Accepted.ReceiveExactly(new byte[1]);
        pair.Accepted.Send([8]);
        (await Limits.OnThread(() => stream.EndRead(read)).Within()).Should().Be(1);
        answer.Should().Equal(8);
    }

    [Fact]
    public async Task A_read_ends_while_a_write_waits()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream stream = pair.Client.GetStream();
        byte[] data = Payload.Of(Payload.MoreThanKernelTakes);
        IAsyncResult write = stream.BeginWrite(data, 0, data.Length, null, null);
        pair.Accepted.Send("x"u8);

        (await Limits.OnThread(() => stream.EndRead(stream.BeginRead(new byte[2], 1, 1, null, null))).Within()).Should().Be(1);

        write.IsCompleted.Should().BeFalse();
        byte[] received = new byte[data.Length];
        await pair.Accepted.ReceiveExactlyAsync(received).Within();
        await Limits.OnThread(() => stream.EndWrite(write)).Within();
        received.AsSpan().SequenceEqual(data).Should().BeTrue();
    }

    [Fact]
    public async Task Reads_that_wait_hold_no_thread_of_the_pool()
    {
        // Many more than the pool has threads at first, and than it adds within the limit of a test.
        TcpPairUnderTest[] pairs = [.. Enumerable.Range(0, 80).Select(_ => ConnectPair())];
        Stream[] streams = [.. pairs.Select(static pair => pair.Client.GetStream())];
        IAsyncResult[] reads = [.. streams.Select(static stream => stream.BeginRead(new byte[1], 0, 1, null, null))];

        await Task.Run(static () => { }).Within();

        reads.Should().OnlyContain(static read => !read.IsCompleted);
        Array.ForEach(pairs, static pair => pair.Accepted.Send("x"u8));
        Task<int> ends = Limits.OnThread(() => reads.Zip(streams, static (read, stream) => stream.EndRead(read)).Sum());
        (await ends.Within()).Should().Be(pairs.Length);
        Array.ForEach(pairs, static pair => pair.Dispose());
    }

    [Fact]
    public async Task Messages_go_both_ways_at_once()
    {
        const int Length = 1024 * 1024;
        using TcpPairUnderTest pair = ConnectPair();
        using Stream client = pair.Client.GetStream();
        using Stream accepted = pair.Accepted.GetStream();
        byte[] data = Payload.Of(Length);

        Task<byte[]> there = Limits.OnThread(() => ReadAll(accepted, Length));
        Task<byte[]> back = Limits.OnThread(() => ReadAll(client, Length));
        IAsyncResult[] writes = [client.BeginWrite(data, 0, Length, null, null), accepted.BeginWrite(data, 0, Length, null, null)];

        (await there.Within()).AsSpan().SequenceEqual(data).Should().BeTrue();
        (await back.Within()).AsSpan().SequenceEqual(data).Should().BeTrue();
        client.EndWrite(writes[0]);
        accepted.EndWrite(writes[1]);
    }

    [Fact]
    public async Task The_callback_gets_the_operation_with_its_state()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream stream = pair.Accepted.GetStream();
        object state = new();
        var called = new TaskCompletionSource<(object? State, int Count)>(TaskCreationOptions.RunContinuationsAsynchronously);
        IAsyncResult read = stream.BeginRead(
            new byte[4], 0, 4, result => called.SetResult((result.AsyncState, stream.EndRead(result))), state);
        read.AsyncState.Should().BeSameAs(state);
        read.CompletedSynchronously.Should().BeFalse();

        pair.Client.Send("abc"u8);

        (await called.Task.Within()).Should().Be((state, 3));
    }

    [Fact]
    public async Task Failures_come_out_of_the_end()
    {
        using PlainPairUnderTest pair = ConnectPlain();
        using Stream stream = pair.Connection.GetStream();
        stream.ReadTimeout = 50;
        Exception late = await EndOf(stream);
        stream.ReadTimeout = Timeout.Infinite;
        IAsyncResult read = stream.BeginRead(new byte[1], 0, 1, null, null);
        pair.Peer.Reset();
        Exception reset = Record.Exception(() => stream.EndRead(read));
        pair.Connection.Dispose();
        Exception disposed = await EndOf(stream);

        late.Should().BeOfType<IOException>().Which.InnerException.Should().BeOfType<SocketTimeoutException>();
        reset.Should().BeOfType<IOException>().Which.InnerException.Should().BeOfType<SocketOperationException>()
            .Which.SocketErrorCode.Should().Be(SocketError.ConnectionReset);
        Expect.Disposed(disposed);
    }

    [Fact]
    public void Arguments_are_checked_at_once()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream stream = pair.Client.GetStream();

        Record.Exception(() => stream.BeginRead(null!, 0, 1, null, null)).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => stream.BeginRead(new byte[2], 1, 2, null, null)).Should().BeAssignableTo<ArgumentException>();
        Record.Exception(() => stream.BeginWrite(null!, 0, 1, null, null)).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => stream.BeginWrite(new byte[2], -1, 2, null, null)).Should().BeAssignableTo<ArgumentException>();
        Record.Exception(() => stream.EndRead(null!)).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => stream.EndWrite(null!)).Should().BeOfType<ArgumentNullException>();
        Record.Exception(() => stream.EndRead(Task.CompletedTask)).Should().BeOfType<ArgumentException>();

        stream.Dispose();
        Expect.Disposed(Record.Exception(() => stream.BeginRead(new byte[1], 0, 1, null, null)));
        Expect.Disposed(Record.Exception(() => stream.BeginWrite(new byte[1], 0, 1, null, null)));
    }

    private static async Task<Exception> EndOf(Stream stream) =>
        await Limits.OnThread(() => Record.Exception(() => stream.EndRead(stream.BeginRead(new byte[1], 0, 1, null, null)))).Within();

    private static byte[] ReadAll(Stream stream, int length)
    {
        byte[] all = new byte[length];
        for (int done = 0; done < length;)
        {
            int read = stream.EndRead(stream.BeginRead(all, done, length - done, null, null));
            read.Should().BePositive();
            done += read;
        }

        return all;
    }
}

public sealed class StreamBeginEndTests_Portable : StreamBeginEndTests<PortableUnderTest>;

public sealed class StreamBeginEndTests_Epoll : StreamBeginEndTests<EpollUnderTest>;

public sealed class StreamBeginEndTests_PortableWrapped : StreamBeginEndTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class StreamBeginEndTests_EpollWrapped : StreamBeginEndTests<WrappedUnderTest<EpollUnderTest>>;
