using System.Security.Authentication;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tls;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>A record that has begun holds a buffer, so it has to end within a time of its own.</summary>
public abstract class UnfinishedRecordTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [Theory]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task A_record_that_does_not_end_in_time_closes_the_connection(CallShape shape)
    {
        using TcpServer server = Listen();
        using RecordPair pair = await OpenAsync(server);
        byte[] record = await pair.SealAsync("hello"u8.ToArray());
        Task<int> receiving = pair.Connection.ReceiveBy(shape, new byte[16]);

        await pair.SendAsync(record.AsMemory(0, 1));

        await Expect.Disposed(receiving);
        pair.Connection.CloseReason.Should().Be(CloseReason.SlowPeer);
    }

    [Fact]
    public async Task A_record_whose_rest_nobody_has_received_yet_is_no_fault_of_the_peer()
    {
        using TcpServer server = Listen();
        using RecordPair pair = await OpenAsync(server);
        byte[] record = await pair.SealAsync("hello"u8.ToArray());
        byte[] other = await pair.SealAsync("other"u8.ToArray());
        await pair.SendAsync(record.AsMemory(0, 1));
        pair.Connection.WaitReadable(TimeSpan.FromMilliseconds(20)).Should().BeFalse();
        await pair.SendAsync(record.AsMemory(1));

        // A connection of its own, whose end says that the time has passed for both.
        using RecordPair slow = await OpenAsync(server);
        Task<int> receiving = slow.Connection.ReceiveAsync(new byte[16]).AsTask();
        await slow.SendAsync((await slow.SealAsync("hello"u8.ToArray())).AsMemory(0, 1));
        await Expect.Disposed(receiving);

        await pair.SendAsync(other);
        byte[] buffer = new byte[10];
        await pair.Connection.ReceiveExactlyAsync(buffer).Within();
        buffer.Should().Equal("helloother"u8.ToArray());
        pair.Connection.CloseReason.Should().Be(CloseReason.None);
    }

    private static async Task<RecordPair> OpenAsync(TcpServer server)
    {
        RecordPair pair = await RecordPair.ConnectAsync(server);
        TlsChannel? channel = null;
        pair.Connection.ReplaceChannel(inner => channel = new TlsChannel(
            inner, new TestHandshake(isServer: true, SslProtocols.Tls13) { RecordLimit = TimeSpan.FromSeconds(1) }));
        Task handshake = channel!.HandshakeAsync(CancellationToken.None).AsTask();
        await RecordPair.AuthenticateAsync(pair.Peer, SslProtocols.Tls13).Within();
        await handshake.Within();
        return pair;
    }
}

public sealed class UnfinishedRecordTests_Portable : UnfinishedRecordTests<PortableUnderTest>;

public sealed class UnfinishedRecordTests_Epoll : UnfinishedRecordTests<EpollUnderTest>;
