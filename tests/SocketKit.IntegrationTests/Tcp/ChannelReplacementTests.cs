using System.Net;
using System.Runtime.CompilerServices;
using SocketKit.Engine;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary>A connection that changes its channel while it lives, as an upgrade to TLS does.</summary>
public abstract class ChannelReplacementTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Bytes_go_through_the_new_channel_from_then_on(CallShape shape)
    {
        using TcpPairUnderTest pair = ConnectPair();
        using Stream stream = pair.Accepted.GetStream();
        byte[] buffer = new byte[2];
        await pair.Client.SendBy(shape, new byte[] { 1 }).Within();
        (await pair.Accepted.ReceiveBy(shape, buffer).Within()).Should().Be(1);

        pair.Accepted.ReplaceChannel(static channel => new XorChannel(channel));
        await pair.Client.SendBy(shape, new byte[] { 2 }).Within();
        (await pair.Accepted.ReceiveBy(shape, buffer).Within()).Should().Be(1);
        byte turned = buffer[0];
        pair.Client.ReplaceChannel(static channel => new XorChannel(channel));
        await pair.Client.SendBy(shape, new byte[] { 3 }).Within();
        (await stream.ReadAsync(buffer).AsTask().Within()).Should().Be(1);

        turned.Should().Be(2 ^ 0xFF, "only one end is wrapped");
        buffer[0].Should().Be(3);
    }

    [Fact]
    public async Task Options_addresses_and_signals_stay()
    {
        using TcpPairUnderTest pair = ConnectPair();
        TcpConnection connection = pair.Accepted;
        (IPEndPoint, IPEndPoint, SocketEngine) before = (connection.LocalEndPoint, connection.RemoteEndPoint, connection.Engine);
        CancellationToken closed = connection.Closed;
        Task readable = connection.WaitReadableAsync().AsTask();

        connection.ReplaceChannel(static channel => new XorChannel(channel));

        (connection.LocalEndPoint, connection.RemoteEndPoint, connection.Engine).Should().Be(before);
        connection.NoDelay = true;
        connection.Linger = TimeSpan.Zero;
        CancellationToken later = connection.Closed;
        pair.Client.Send("x"u8);
        await readable.Within();
        connection.Dispose();
        await Until(() => closed.IsCancellationRequested && later.IsCancellationRequested);
        connection.CloseReason.Should().Be(CloseReason.LocalDispose);
    }

    [Fact]
    public async Task It_is_refused_while_a_receive_is_under_way_or_when_it_comes_second()
    {
        using TcpPairUnderTest pair = ConnectPair();
        Task<int> receive = pair.Accepted.ReceiveAsync(new byte[1]).AsTask();
        await TestReceives.Begun(pair.Accepted);

        Exception early = Record.Exception(() => pair.Accepted.ReplaceChannel(static channel => new XorChannel(channel)));
        Exception second = Record.Exception(() => pair.Client.ReplaceChannel(channel =>
        {
            pair.Client.ReplaceChannel(static inner => new XorChannel(inner));
            return new XorChannel(channel);
        }));

        early.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain("receive");
        second.Should().BeOfType<InvalidOperationException>().Which.Message.Should().Contain("another call");
        pair.Client.Send([1]);
        (await receive.Within()).Should().Be(1);
    }

    [Fact]
    public void A_wrapper_that_cannot_be_made_changes_nothing()
    {
        using TcpPairUnderTest pair = ConnectPair();
        StreamChannel before = pair.Client.Channel;

        Record.Exception(() => pair.Client.ReplaceChannel(static _ => throw new FormatException())).Should().BeOfType<FormatException>();

        pair.Client.Channel.Should().BeSameAs(before);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_close_that_came_before_the_change_closes_the_new_channel(bool abort)
    {
        using TcpPairUnderTest pair = ConnectPair();
        XorChannel? wrapper = null;

        pair.Client.ReplaceChannel(channel =>
        {
            Close(pair.Client, abort);
            return wrapper = new XorChannel(channel);
        });

        wrapper!.WasClosed.Should().BeTrue();
        pair.Client.CloseReason.Should().Be(abort ? CloseReason.LocalAbort : CloseReason.LocalDispose);
        Expect.Disposed(Record.Exception(() => pair.Client.Receive(new byte[1])));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_close_that_saw_the_old_channel_only_closes_the_new_one_too(bool abort)
    {
        using TcpPairUnderTest pair = ConnectPair();
        XorChannel? wrapper = null;
        XorChannel? first = null;

        // The first wrapper is being closed, and at this moment, before anybody can see that it is, the second one takes its place.
        pair.Client.ReplaceChannel(channel => first = new XorChannel(channel, closing =>
        {
            if (wrapper is null)
            {
                pair.Client.ReplaceChannel(_ => wrapper = new XorChannel(closing));
                wrapper!.WasClosed.Should().BeFalse();
            }
        }));

        Close(pair.Client, abort);

        first!.WasClosed.Should().BeTrue();
        wrapper!.WasClosed.Should().BeTrue();
        pair.Client.Channel.Should().BeSameAs(wrapper);
        pair.Client.CloseReason.Should().Be(abort ? CloseReason.LocalAbort : CloseReason.LocalDispose);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Closing_and_changing_at_once_always_closes_the_new_channel(bool abort)
    {
        using TcpServer server = Listen();
        using var race = new Race();
        for (int i = 0; i < Race.Rounds; i++)
        {
            using TcpClient client = Connect(server);
            using TcpConnection accepted = server.Accept();
            XorChannel? wrapper = null;

            (Exception? First, Exception? Second) failures = await race.MeetAsync(
                () => Close(client, abort),
                () => client.ReplaceChannel(channel => wrapper = new XorChannel(channel)));

            failures.Should().Be(((Exception?)null, (Exception?)null));
            wrapper!.WasClosed.Should().BeTrue();
            client.Channel.Should().BeSameAs(wrapper);
            client.Channel.IsClosed.Should().BeTrue();
        }
    }

    [Fact]
    public void The_guard_of_a_forgotten_connection_closes_the_new_channel()
    {
        using TcpServer server = Listen();
        XorChannel wrapper = Forgotten(server);
        using TcpConnection accepted = server.Accept();

        GC.Collect();
        GC.WaitForPendingFinalizers();

        wrapper.WasClosed.Should().Be(wrapper.NeedsGuard, "without a guard the runtime closes the socket");
        if (wrapper.NeedsGuard)
        {
            accepted.Receive(new byte[1]).Should().Be(0);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private XorChannel Forgotten(TcpServer server)
    {
        XorChannel? wrapper = null;
        TcpClient client = Connect(server);
        client.ReplaceChannel(channel => wrapper = new XorChannel(channel));
        return wrapper!;
    }

    private static void Close(TcpConnection connection, bool abort)
    {
        if (abort)
        {
            connection.Abort();
        }
        else
        {
            connection.Dispose();
        }
    }
}

public sealed class ChannelReplacementTests_Portable : ChannelReplacementTests<PortableUnderTest>;

public sealed class ChannelReplacementTests_Epoll : ChannelReplacementTests<EpollUnderTest>;
