using System.Buffers;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Callers;

/// <summary>
/// Memory that throws at its first, second or a later access, in every call of a stream that takes memory: the call throws what the memory
/// throws, and the connection does the next call, or is closed as documented.
/// </summary>
[Collection(Serial.Name)]
public abstract class StreamMemoryTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Large = 8 * 1024 * 1024;

    private delegate Task ReceiveCall(TcpConnection connection, Memory<byte> memory);

    private delegate Task SendCall(TcpConnection connection, ReadOnlyMemory<byte> memory);

    private static (string Name, ReceiveCall Call)[] ReceiveCalls =>
    [
        ("receive", static (connection, memory) => connection.ReceiveAsync(memory).AsTask()),
        ("exactly", static (connection, memory) => connection.ReceiveExactlyAsync(memory).AsTask()),
        ("receive within", static (connection, memory) => connection.ReceiveAsync(memory, Limits.Hang).AsTask()),
        ("exactly within", static (connection, memory) => connection.ReceiveExactlyAsync(memory, Limits.Hang).AsTask()),
        ("try exactly", static (connection, memory) => connection.TryReceiveExactlyAsync(memory).AsTask()),
        ("try exactly within", static (connection, memory) => connection.TryReceiveExactlyAsync(memory, Limits.Hang).AsTask()),
        ("peek", static (connection, memory) => connection.PeekAsync(memory).AsTask()),
        ("stream", static (connection, memory) => connection.GetStream(leaveOpen: true).ReadAsync(memory).AsTask()),
        ("stream, exactly", static (connection, memory) => connection.GetStream(leaveOpen: true).ReadExactlyAsync(memory).AsTask()),
    ];

    private static (string Name, SendCall Call)[] SendCalls =>
    [
        ("send", static (connection, memory) => connection.SendAsync(memory).AsTask()),
        ("stream", static (connection, memory) => connection.GetStream(leaveOpen: true).WriteAsync(memory).AsTask()),
        ("pair", static (connection, memory) => connection.SendAsync(memory, memory).AsTask()),
        ("sequence of one", static (connection, memory) => connection.SendAsync(new ReadOnlySequence<byte>(memory)).AsTask()),
        ("sequence", static (connection, memory) => connection.SendAsync(Segments.Of(memory, memory)).AsTask()),
    ];

    [Theory]
    [InlineData(0, false)]
    [InlineData(0, true)]
    [InlineData(1, false)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    [InlineData(2, true)]
    [InlineData(3, false)]
    [InlineData(3, true)]
    public Task A_receive_throws_what_its_memory_throws_and_the_next_one_gets_the_data(int accesses, bool isThere) =>
        NothingLeft.AfterAsync(async () =>
    {
        foreach ((string name, ReceiveCall call) in ReceiveCalls)
        {
            using TcpPairUnderTest pair = ConnectPair();
            await Warm(pair, isThere);
            using var owner = new HandedMemory(4);
            owner.Memory.LetGoAfter(accesses);
            if (isThere)
            {
                pair.Client.Send("data"u8);
                pair.Accepted.WaitReadable(Limits.Hang).Should().BeTrue();
            }

            Task receive = Begin(() => call(pair.Accepted, owner.Handed));
            if (!isThere)
            {
                pair.Client.Send("data"u8);
            }

            Exception? failure = await Expect.Failure(receive);
            ShouldBeTheMemorys(failure, accesses, name);
            if (failure is not null || name == "peek")
            {
                byte[] next = new byte[4];
                await pair.Accepted.ReceiveExactlyAsync(next).Within();
                next.Should().Equal("data"u8.ToArray(), name);
            }

            await Exchange(pair, name);
        }
    });

    [Fact]
    public Task An_exact_receive_that_has_a_part_throws_what_its_memory_throws_and_the_rest_can_be_received() =>
        NothingLeft.AfterAsync(async () =>
    {
        using TcpPairUnderTest pair = ConnectPair();
        using var owner = new HandedMemory(4);
        Task receive = pair.Accepted.ReceiveExactlyAsync(owner.Handed).AsTask();
        pair.Client.Send("d"u8);
        await Eventually.BeTrueAsync(() => pair.Accepted.BytesReceived == 1, "a part was received");

        owner.Memory.LetGo();
        pair.Client.Send("ata"u8);

        ShouldBeTheMemorys(await Expect.Failure(receive), 0, "exactly");
        byte[] rest = new byte[3];
        await pair.Accepted.ReceiveExactlyAsync(rest).Within();
        rest.Should().Equal("ata"u8.ToArray());
        await Exchange(pair, "exactly");
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task A_send_throws_what_its_memory_throws_and_the_next_one_goes_out(int accesses) => NothingLeft.AfterAsync(async () =>
    {
        foreach ((string name, SendCall call) in SendCalls)
        {
            using TcpPairUnderTest pair = ConnectPair();
            using var owner = new HandedMemory(4);
            owner.Memory.LetGoAfter(accesses);

            Exception? failure = await NothingLeft.FailureOf(() => call(pair.Accepted, owner.Handed));

            ShouldBeTheMemorys(failure, accesses, name);
            await pair.Accepted.SendAsync("next"u8.ToArray()).Within();
            pair.Accepted.ShutdownSend();
            byte[] all = await pair.Client.ReadToEnd().Within();
            all[^4..].Should().Equal("next"u8.ToArray(), name);
            (failure is not null && !name.StartsWith("sequence", StringComparison.Ordinal) && all.Length > 4).Should().BeFalse(name);
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public Task A_send_that_queues_throws_what_its_memory_throws_and_the_next_one_goes_out(int accesses) =>
        NothingLeft.AfterAsync(async () =>
    {
        // A sequence whose second segment throws has sent the first: see below.
        foreach ((string name, SendCall call) in SendCalls.Where(static call => call.Name != "sequence"))
        {
            using TcpPairUnderTest pair = ConnectPair();
            using var owner = new HandedMemory(4);
            Task first = pair.Accepted.SendAsync(new byte[Large]).AsTask();
            first.IsCompleted.Should().BeFalse("or the kernel is not full");
            owner.Memory.LetGoAfter(accesses);
            Task second = Begin(() => call(pair.Accepted, owner.Handed));
            Task third = pair.Accepted.SendAsync("next"u8.ToArray()).AsTask();
            Task<byte[]> read = pair.Client.ReadToEnd();

            await first.Within();
            ShouldBeTheMemorys(await Expect.Failure(second), accesses, name);
            await third.Within();
            pair.Accepted.ShutdownSend();
            (await read.Within())[^4..].Should().Equal("next"u8.ToArray(), name);
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public Task What_queues_behind_a_message_that_its_memory_ended_goes_out_or_hears_why(int accesses) => NothingLeft.AfterAsync(async () =>
    {
        using TcpPairUnderTest pair = ConnectPair();
        using var owner = new HandedMemory(4);
        Task first = pair.Accepted.SendAsync(new byte[Large]).AsTask();
        first.IsCompleted.Should().BeFalse("or the kernel is not full");
        owner.Memory.LetGoAfter(accesses);
        Task second = pair.Accepted.SendAsync(Segments.Of(owner.Handed, owner.Handed)).AsTask();
        Task third = pair.Accepted.SendAsync("next"u8.ToArray()).AsTask();
        Task<byte[]> read = pair.Client.ReadToEnd();

        await first.Within();
        ShouldBeTheMemorys(await Expect.Failure(second), 0, "sequence");
        Exception? behind = await Expect.Failure(third);
        (behind?.IsTimeout() ?? false).Should().BeFalse($"no deadline was set: {behind?.Message}");
        pair.Accepted.Abort();
        await Expect.Failure(read);
    });

    [Fact]
    public Task A_send_that_is_cut_by_its_memory_ends_the_message_and_the_close_is_a_reset() => NothingLeft.AfterAsync(async () =>
    {
        foreach ((string name, SendCall call) in SendCalls)
        {
            using TcpPairUnderTest pair = ConnectPair();
            using var owner = new HandedMemory(Large);
            Task send = Begin(() => call(pair.Accepted, owner.Handed));
            send.IsCompleted.Should().BeFalse("or the kernel is not full");

            owner.Memory.LetGo();
            Task<byte[]> read = pair.Client.ReadToEnd();

            ShouldBeTheMemorys(await Expect.Failure(send), 0, name);
            pair.Accepted.Dispose();
            (await Expect.Failure(read)).Should().BeAssignableTo<System.Net.Sockets.SocketException>(name);
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public Task A_sequence_whose_second_segment_throws_says_so_and_the_connection_stays(int accesses) => NothingLeft.AfterAsync(async () =>
    {
        using TcpPairUnderTest pair = ConnectPair();
        using var owner = new HandedMemory(4);
        owner.Memory.LetGoAfter(accesses);

        Exception? failure = await NothingLeft.FailureOf(() =>
            pair.Accepted.SendAsync(Segments.Of("part"u8.ToArray(), owner.Handed, "end"u8.ToArray())).AsTask());

        ShouldBeTheMemorys(failure, accesses, "sequence");
        await Exchange(pair, "sequence");
    });

    /// <summary>After data that was there already a connection tries before it waits.</summary>
    private static async Task Warm(TcpPairUnderTest pair, bool isThere)
    {
        if (isThere)
        {
            pair.Client.Send("warm"u8);
            pair.Accepted.WaitReadable(Limits.Hang);
            await pair.Accepted.ReceiveExactlyAsync(new byte[4]).Within();
        }
    }

    private static async Task Exchange(TcpPairUnderTest pair, string name)
    {
        Task<int> waiting = pair.Accepted.ReceiveAsync(new byte[8]).AsTask();
        pair.Client.Send("after"u8);
        (await waiting.Within()).Should().Be(5, name);
        await pair.Accepted.SendAsync("x"u8.ToArray()).Within();
    }

    private static void ShouldBeTheMemorys(Exception? failure, int accesses, string name)
    {
        (failure is null && accesses == 0).Should().BeFalse(name);
        if (failure is not null)
        {
            failure.Should().BeOfType<InvalidOperationException>(name).Which.Message.Should().Be("The memory is gone.", name);
        }
    }

    private static async Task Begin(Func<Task> call) => await call();

    /// <summary>The memory is handed out while its owner still has it.</summary>
    private sealed class HandedMemory : IDisposable
    {
        public HandedMemory(int length)
        {
            Memory = new ThrowingMemory(length);
            Handed = Memory.Memory;
        }

        public ThrowingMemory Memory { get; }

        public Memory<byte> Handed { get; }

        public void Dispose() => ((IDisposable)Memory).Dispose();
    }
}

public sealed class StreamMemoryTests_Portable : StreamMemoryTests<PortableUnderTest>;

public sealed class StreamMemoryTests_Epoll : StreamMemoryTests<EpollUnderTest>;
