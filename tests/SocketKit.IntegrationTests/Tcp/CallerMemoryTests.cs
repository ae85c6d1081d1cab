using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>Memory that its owner lets go of under a call: the call throws what the memory throws, and nobody else suffers.</summary>
public abstract class CallerMemoryTests<TEngine> : TcpTests<TEngine>, IDisposable
    where TEngine : EngineUnderTest, new()
{
    private const string Gone = "*memory is gone*";
    private const int Large = 8 * 1024 * 1024;

    private readonly ThrowingMemory _memory = new(Large);

    public void Dispose()
    {
        _memory.LetGo();
        ((IDisposable)_memory).Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_receive_that_waits_throws_it_and_the_next_one_gets_the_data()
    {
        using TcpPairUnderTest pair = ConnectPair();
        Task<int> receive = pair.Accepted.ReceiveAsync(_memory.Memory[..1]).AsTask();

        _memory.LetGo();
        pair.Client.Send("x"u8);

        await Throws(receive);
        byte[] buffer = new byte[1];
        (await pair.Accepted.ReceiveAsync(buffer).Within()).Should().Be(1);
        buffer.Should().Equal((byte)'x');
    }

    [Fact]
    public async Task A_call_throws_it_before_anything_has_begun_and_the_connection_stays_usable()
    {
        using TcpPairUnderTest pair = ConnectPair();
        Memory<byte> memory = _memory.Memory[..1];
        _memory.LetGo();

        await Throws(Task.Run(async () => await pair.Accepted.ReceiveAsync(memory)));
        await Throws(Task.Run(async () => await pair.Accepted.SendAsync(memory)));

        await pair.Accepted.SendAsync("x"u8.ToArray()).Within();
        Task<int> receive = pair.Accepted.ReceiveAsync(new byte[1]).AsTask();
        pair.Client.Send("x"u8);
        (await receive.Within()).Should().Be(1);
    }

    [Fact]
    public async Task A_send_that_waits_throws_it_and_the_cut_message_is_no_clean_end()
    {
        using var pair = ConnectPlain();
        Task send = pair.Connection.SendAsync(_memory.Memory).AsTask();
        send.IsCompleted.Should().BeFalse("or the kernel is not full");

        _memory.LetGo();
        Task<PlainPeer.Ending> end = pair.Peer.ReadToEnd();

        await Throws(send);
        pair.Connection.Dispose();
        (await end.Within()).IsFinish.Should().BeFalse();
    }

    [Fact]
    public async Task A_send_that_queues_throws_it_and_the_next_one_goes_out()
    {
        using var pair = ConnectPlain();
        Task first = pair.Connection.SendAsync(new byte[Large]).AsTask();
        Task second = pair.Connection.SendAsync(_memory.Memory).AsTask();
        Task third = pair.Connection.SendAsync(new byte[1]).AsTask();

        _memory.LetGo();
        Task<PlainPeer.Ending> end = pair.Peer.ReadToEnd();

        await first.Within();
        await Throws(second);
        await third.Within();
        pair.Connection.Dispose();
        (await end.Within()).Bytes.Should().Be(Large + 1);
    }

    private static async Task Throws(Task call) =>
        (await Expect.Failure(call)).Should().BeOfType<InvalidOperationException>().Which.Message.Should().Match(Gone);

    private PlainPairUnderTest ConnectPlain()
    {
        using TcpServer server = Listen();
        return new PlainPairUnderTest(PlainPeer.ConnectTo(server.LocalEndPoint), server.Accept());
    }
}

public sealed class CallerMemoryTests_Portable : CallerMemoryTests<PortableUnderTest>;

public sealed class CallerMemoryTests_Epoll : CallerMemoryTests<EpollUnderTest>;
