using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

public abstract class BasicStreamTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_message_larger_than_the_buffer_takes_two_receives(CallShape shape)
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] first = new byte[6];
        byte[] second = new byte[16];

        await pair.Client.SendBy(shape, "hello world"u8.ToArray()).Within();

        (await pair.Accepted.ReceiveBy(shape, first).Within()).Should().Be(6);
        (await pair.Accepted.ReceiveBy(shape, second).Within()).Should().Be(5);
        Encoding.UTF8.GetString(first).Should().Be("hello ");
        Encoding.UTF8.GetString(second, 0, 5).Should().Be("world");
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Two_mebibytes_arrive_intact_in_both_directions(CallShape shape)
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] data = Payload.Of(2 * 1024 * 1024);

        Task<byte[]> there = pair.Accepted.ReadToEnd(shape);
        Task<byte[]> back = pair.Client.ReadToEnd(shape);
        Task sendThere = pair.Client.SendBy(shape, data);
        Task sendBack = pair.Accepted.SendBy(shape, data);
        await sendThere.Within();
        await sendBack.Within();
        pair.Client.ShutdownSend();
        pair.Accepted.ShutdownSend();

        (await there.Within()).AsSpan().SequenceEqual(data).Should().BeTrue();
        (await back.Within()).AsSpan().SequenceEqual(data).Should().BeTrue();
    }

    [Fact]
    public async Task A_blocking_send_of_more_than_the_kernel_takes_returns_the_whole_length()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] data = Payload.Of(Payload.MoreThanKernelTakes);

        Task<int> send = Limits.OnThread(() => pair.Client.Send(data));
        byte[] received = new byte[data.Length];
        await pair.Accepted.ReceiveExactlyAsync(received).Within();

        (await send.Within()).Should().Be(data.Length);
        received.AsSpan().SequenceEqual(data).Should().BeTrue();
    }

    [Fact]
    public async Task Sending_nothing_does_nothing_in_every_shape()
    {
        using TcpPairUnderTest pair = ConnectPair();
        TcpClient client = pair.Client;

        client.TrySend([], out int sent).Should().BeTrue();
        sent.Should().Be(0);
        await client.SendAsync(ReadOnlyMemory<byte>.Empty).Within();
        await client.SendAsync(System.Buffers.ReadOnlySequence<byte>.Empty).Within();
        await client.SendAsync(string.Empty).Within();
        await Limits.OnThread(() => client.Send([])).Within();

        pair.Accepted.TryReceive(new byte[1], out _).Should().BeFalse("nothing was sent");
    }

    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task An_empty_receive_waits_for_data_and_takes_nothing(CallShape shape)
    {
        using TcpPairUnderTest pair = ConnectPair();
        Task<int> wait = pair.Accepted.ReceiveBy(shape, Memory<byte>.Empty);

        wait.IsCompleted.Should().BeFalse("nothing has been sent yet");
        await pair.Client.SendAsync("x"u8.ToArray()).Within();

        (await wait.Within()).Should().Be(0);
        pair.Accepted.TryReceive(new byte[4], out int received).Should().BeTrue();
        received.Should().Be(1);
    }

    [Fact]
    public void Text_goes_out_as_utf8_and_its_length_in_bytes_comes_back()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] buffer = new byte[64];

        pair.Client.Send("你好，服务器!").Should().Be(19);

        pair.Accepted.ReceiveExactly(buffer.AsSpan(0, 19));
        Encoding.UTF8.GetString(buffer, 0, 19).Should().Be("你好，服务器!");
    }

    [Fact]
    public async Task Text_goes_out_as_utf8_asynchronously_too()
    {
        using TcpPairUnderTest pair = ConnectPair();
        byte[] buffer = new byte[19];

        await pair.Client.SendAsync("你好，服务器!").Within();

        await pair.Accepted.ReceiveExactlyAsync(buffer).Within();
        Encoding.UTF8.GetString(buffer).Should().Be("你好，服务器!");
    }

    [Fact]
    public void Text_is_refused_in_non_blocking_mode()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.Blocking = false;

        Record.Exception(() => pair.Client.Send("text")).Should().BeOfType<InvalidOperationException>();

        pair.Accepted.TryReceive(new byte[4], out _).Should().BeFalse("nothing was sent");
    }

    [Fact]
    public async Task Null_text_and_null_files_are_refused_before_anything_happens()
    {
        using TcpPairUnderTest pair = ConnectPair();

        Record.Exception(() => pair.Client.Send((string)null!)).Should().BeOfType<ArgumentNullException>();
        (await Record.ExceptionAsync(() => pair.Client.SendAsync((string)null!).AsTask())).Should().BeOfType<ArgumentNullException>();
        (await Record.ExceptionAsync(() => pair.Client.SendFileAsync(null!).AsTask())).Should().BeOfType<ArgumentNullException>();
    }

    [Fact]
    public async Task Available_counts_what_waits()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Accepted.Available.Should().Be(0);

        await pair.Client.SendAsync(Payload.Of(100)).Within();

        await Until(() => pair.Accepted.Available == 100);
    }

    [Fact]
    public void Addresses_of_both_ends_agree_and_ids_differ()
    {
        using TcpPairUnderTest pair = ConnectPair();

        pair.Client.LocalEndPoint.Port.Should().BePositive();
        pair.Accepted.RemoteEndPoint.Should().Be(pair.Client.LocalEndPoint);
        pair.Client.RemoteEndPoint.Should().Be(pair.Accepted.LocalEndPoint);
        pair.Client.Id.Should().NotBe(pair.Accepted.Id).And.Be(pair.Client.Id);
    }

    [Fact]
    public void ToString_shows_the_type_both_endpoints_and_closed()
    {
        using TcpPairUnderTest pair = ConnectPair();
        string open = pair.Client.ToString();
        string local = pair.Client.LocalEndPoint.ToString();
        string remote = pair.Client.RemoteEndPoint.ToString();

        pair.Client.Dispose();

        open.Should().StartWith("TcpClient ").And.Contain(local).And.Contain(remote).And.NotContain("[closed]");
        pair.Client.ToString().Should().Be(open + " [closed]");
        pair.Accepted.ToString().Should().StartWith("TcpConnection ");
        pair.Client.LocalEndPoint.ToString().Should().Be(local, "addresses stay readable");
    }

    [Fact]
    public void A_servers_ToString_shows_its_address_and_closed()
    {
        TcpServer server = Listen();
        string open = server.ToString();

        server.Dispose();

        open.Should().Contain(server.LocalEndPoint.ToString()).And.NotContain("[closed]");
        server.ToString().Should().EndWith("[closed]");
        server.Port.Should().BePositive("the address stays readable");
    }
}

public sealed class BasicStreamTests_Portable : BasicStreamTests<PortableUnderTest>;

public sealed class BasicStreamTests_Epoll : BasicStreamTests<EpollUnderTest>;
