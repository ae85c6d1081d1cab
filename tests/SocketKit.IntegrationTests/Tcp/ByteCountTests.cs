using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary><see cref="StreamConnection.BytesReceived"/> and <see cref="StreamConnection.BytesSent"/>, in every shape of a call.</summary>
public abstract class ByteCountTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Bytes_are_counted_on_both_sides_and_stay_readable_after_the_close(CallShape shape)
    {
        using TcpPairUnderTest pair = ConnectPair();
        Task<byte[]> reading = pair.Accepted.ReadToEnd(shape);

        await pair.Client.SendBy(shape, Payload.Of(Payload.MoreThanKernelTakes)).Within();
        await pair.Client.SendBy(shape, new byte[7]).Within();
        pair.Client.Dispose();
        await reading.Within();
        pair.Accepted.Dispose();

        (pair.Client.BytesSent, pair.Client.BytesReceived).Should().Be((Payload.MoreThanKernelTakes + 7, 0));
        (pair.Accepted.BytesSent, pair.Accepted.BytesReceived).Should().Be((0, Payload.MoreThanKernelTakes + 7));
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_message_that_times_out_halfway_counts_as_far_as_it_came(CallShape shape)
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.SendTimeout = Moment;

        Exception? failure = await Expect.Failure(pair.Client.SendBy(shape, Payload.Of(Payload.MoreThanKernelTakes)));

        long sent = failure.Should().BeOfType<SocketTimeoutException>().Which.BytesTransferred;
        pair.Client.BytesSent.Should().Be(sent).And.BePositive();
    }

    [Fact]
    public async Task A_sequence_and_a_file_count_whole()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] data = Payload.Of(Payload.MoreThanKernelTakes);
        Task<byte[]> reading = pair.Accepted.ReadToEnd();
        string path = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(path, data);
            await pair.Client.SendAsync(Segments.Cut(data, 100_000)).Within();
            pair.Client.BytesSent.Should().Be(data.Length);
            using var file = File.OpenHandle(path);
            (await pair.Client.SendFileAsync(file).Within()).Should().Be(data.Length);
        }
        finally
        {
            File.Delete(path);
        }

        pair.Client.BytesSent.Should().Be(2L * data.Length);
        pair.Client.Dispose();
        (await reading.Within()).Should().HaveCount(2 * data.Length);
        pair.Accepted.BytesReceived.Should().Be(2L * data.Length);
    }

    [Fact]
    public async Task A_peek_and_an_empty_receive_count_nothing_and_an_exact_receive_counts_once()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.Send("hello"u8);

        pair.Accepted.Receive([]).Should().Be(0);
        (await pair.Accepted.ReceiveAsync(Memory<byte>.Empty).Within()).Should().Be(0);
        pair.Accepted.Peek(new byte[5]).Should().Be(5);
        (await pair.Accepted.PeekAsync(new byte[5]).Within()).Should().Be(5);
        pair.Accepted.BytesReceived.Should().Be(0);

        pair.Accepted.ReceiveExactly(new byte[2]);
        await pair.Accepted.ReceiveExactlyAsync(new byte[3]).Within();
        pair.Accepted.BytesReceived.Should().Be(5);
    }

    [Fact]
    public async Task What_an_exact_receive_had_taken_when_its_deadline_passed_is_counted()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.Send("hello"u8);
        pair.Accepted.ReceiveTimeout = Moment;

        Expect.Timeout(Record.Exception(() => pair.Accepted.ReceiveExactly(new byte[10])), bytes: 5);
        pair.Client.Send("hello"u8);
        await Expect.Timeout(pair.Accepted.ReceiveExactlyAsync(new byte[10]).AsTask(), bytes: 5);

        pair.Accepted.BytesReceived.Should().Be(10);
    }

    [Fact]
    public async Task What_closing_discards_is_not_counted()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.Send("unread"u8);
        pair.Accepted.WaitReadable(Limits.Hang).Should().BeTrue();

        pair.Accepted.Dispose();

        (await pair.Client.ReceiveAsync(new byte[1]).Within()).Should().Be(0, "what was unread was discarded");
        pair.Accepted.BytesReceived.Should().Be(0);
    }

    [LinuxFact]
    public async Task Bytes_that_go_with_handles_are_counted()
    {
        (UnixConnection first, UnixConnection second) = UnixConnection.CreatePair();
        using (first)
        using (second)
        using (var file = File.OpenHandle("/dev/null"))
        {
            first.SendHandles("with it"u8, [file]);
            byte[] buffer = new byte[16];
            using ReceivedHandles received = second.ReceiveHandles(buffer);
            await first.SendAsync("more"u8.ToArray()).Within();
            (await second.ReceiveAsync(buffer).Within()).Should().Be(4);

            first.BytesSent.Should().Be(11);
            second.BytesReceived.Should().Be(11);
        }
    }
}

public sealed class ByteCountTests_Portable : ByteCountTests<PortableUnderTest>;

public sealed class ByteCountTests_Epoll : ByteCountTests<EpollUnderTest>;
