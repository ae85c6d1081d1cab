using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>Deadlines that have passed before the call has looked: what is there comes before the deadline, in every shape.</summary>
public abstract class ShortDeadlineTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>The shortest time that is not zero: it has passed whenever anybody looks.</summary>
    private static readonly TimeSpan s_passed = TimeSpan.FromTicks(1);

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_receive_takes_what_is_there(CallShape shape)
    {
        using TcpPairUnderTest pair = ConnectWithData();

        (await pair.Accepted.ReceiveBy(shape, new byte[4]).Within()).Should().Be(4);
    }

    [Fact]
    public void An_exact_receive_takes_what_is_there()
    {
        using TcpPairUnderTest pair = ConnectWithData();

        pair.Accepted.ReceiveExactly(new byte[4]);

        Expect.Timeout(Record.Exception(() => pair.Accepted.ReceiveExactly(new byte[4])));
    }

    [Fact]
    public async Task An_asynchronous_exact_receive_takes_what_is_there()
    {
        using TcpPairUnderTest pair = ConnectWithData();

        await pair.Accepted.ReceiveExactlyAsync(new byte[4]).Within();
    }

    [Fact]
    public async Task A_peek_sees_what_is_there()
    {
        using TcpPairUnderTest pair = ConnectWithData();

        pair.Accepted.Peek(new byte[4]).Should().Be(4);
        (await pair.Accepted.PeekAsync(new byte[4]).Within()).Should().Be(4);
    }

    [Fact]
    public void An_empty_receive_sees_that_something_is_there()
    {
        using TcpPairUnderTest pair = ConnectWithData();

        pair.Accepted.Receive([]).Should().Be(0);
    }

    [Fact]
    public void A_wait_sees_what_is_there()
    {
        using TcpPairUnderTest pair = ConnectWithData();

        pair.Accepted.WaitReadable(s_passed).Should().BeTrue();
        pair.Accepted.WaitWritable(s_passed).Should().BeTrue();
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task A_send_sends_what_fits(CallShape shape)
    {
        using TcpPairUnderTest pair = ConnectWithData();
        pair.Accepted.SendTimeout = s_passed;

        await pair.Accepted.SendBy(shape, "fits"u8.ToArray()).Within();

        (await pair.Client.ReceiveAsync(new byte[4]).Within()).Should().Be(4);
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Async)]
    public async Task An_accept_takes_the_connection_that_is_there(CallShape shape)
    {
        using TcpServer server = Listen();
        server.ReceiveTimeout = s_passed;
        using TcpClient client = Connect(server);
        server.WaitReadable(Limits.Hang).Should().BeTrue();

        using TcpConnection accepted = await server.AcceptBy(shape).Within();
    }

    private TcpPairUnderTest ConnectWithData()
    {
        TcpPairUnderTest pair = ConnectPair();
        pair.Client.Send("data"u8);
        pair.Accepted.WaitReadable(Limits.Hang).Should().BeTrue();
        pair.Accepted.ReceiveTimeout = s_passed;
        return pair;
    }
}

public sealed class ShortDeadlineTests_Portable : ShortDeadlineTests<PortableUnderTest>;

public sealed class ShortDeadlineTests_Epoll : ShortDeadlineTests<EpollUnderTest>;
