using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class ReceiveTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Fact]
    public void Receive_returns_what_was_sent()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] buffer = new byte[16];

        pair.Client.Send("hello"u8);

        pair.Accepted.Receive(buffer).Should().Be(5);
        buffer.AsSpan(0, 5).SequenceEqual("hello"u8).Should().BeTrue();
    }

    [Fact]
    public async Task Receive_times_out_and_the_connection_stays_usable()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] buffer = new byte[16];
        pair.Accepted.Timeout = TimeSpan.FromMilliseconds(50);

        Action receive = () => pair.Accepted.Receive(buffer);
        Func<Task> receiveAsync = () => pair.Accepted.ReceiveAsync(buffer).Within();

        receive.Should().Throw<SocketTimeoutException>().Which.BytesTransferred.Should().Be(0);
        await receiveAsync.Should().ThrowAsync<SocketTimeoutException>();
        await pair.Client.SendAsync("x"u8.ToArray()).Within();
        (await pair.Accepted.ReceiveAsync(buffer).Within()).Should().Be(1);
    }
}

public sealed class ReceiveTests_Portable : ReceiveTests<PortableUnderTest>;

public sealed class ReceiveTests_Epoll : ReceiveTests<EpollUnderTest>;
