using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>close_notify has to follow the data although the kernel has no room for it when the connection ends.</summary>
public abstract class FullKernelEndTests<TEngine> : EngineTests<TlsUnderTest<TEngine>>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>Bytes; the kernel is full after about a thousand records of one byte.</summary>
    private const int SmallBuffer = 8 * 1024;

    /// <summary>The kernel takes a few records more or fewer each time, so each of the last ones is once the last.</summary>
    private const int Ends = 30;

    [Fact]
    public Task A_connection_that_is_disposed_ends_cleanly_for_a_peer_that_reads_later() =>
        EndAfterTheLastRecordsAsync(static connection => connection.Dispose());

    [Fact]
    public Task A_half_close_is_clean_for_a_peer_that_reads_later() =>
        EndAfterTheLastRecordsAsync(static connection => connection.ShutdownSend());

    [Fact]
    public async Task A_half_close_beside_a_record_that_waits_is_clean()
    {
        using TcpPairUnderTest pair = ConnectSlowPair();
        long sent = await SendWhatFitsAsync(pair.Client);

        pair.Client.ShutdownSend();

        (await pair.Accepted.ReadToEnd().Within()).Should().HaveCount((int)sent);
        pair.Accepted.CloseReason.Should().Be(CloseReason.PeerFinished);
    }

    [Fact]
    public async Task A_peer_that_never_reads_is_reset_after_a_time()
    {
        using TcpPairUnderTest pair = ConnectSlowPair();
        byte[] record = Payload.Of(SmallBuffer);
        do
        {
            while (pair.Client.TrySend(record, out _))
            {
            }
        }
        while (pair.Client.WaitWritable(TimeSpan.FromMilliseconds(500)));

        pair.Client.Dispose();

        Socket peer = pair.Accepted.Channel.Socket;
        (await Task.Run(() => peer.Poll(Limits.Hang, SelectMode.SelectError))).Should().BeTrue();
    }

    /// <summary>Sends until a part of a record waits. Returns how many bytes were counted.</summary>
    private static async Task<long> SendWhatFitsAsync(TcpConnection connection)
    {
        connection.SendTimeout = TimeSpan.FromMilliseconds(20);
        Task sending = connection.SendAsync(Payload.Of(Payload.MoreThanKernelTakes)).AsTask();
        return (await Expect.Failure(sending)).Should().BeOfType<SocketTimeoutException>().Subject.BytesTransferred;
    }

    private async Task EndAfterTheLastRecordsAsync(Action<TcpConnection> end)
    {
        int most = await EndAfterAsync(int.MaxValue, end);
        for (int less = 0; less < Ends; less++)
        {
            await EndAfterAsync(most - less, end);
        }
    }

    /// <summary>Sends records of one byte while the peer reads nothing. Returns how many were sent.</summary>
    private async Task<int> EndAfterAsync(int most, Action<TcpConnection> end)
    {
        using TcpPairUnderTest pair = ConnectSlowPair();
        int count = 0;
        while (count < most && pair.Client.TrySend([1], out _))
        {
            count++;
        }

        end(pair.Client);

        byte[] received = await pair.Accepted.ReadToEnd().Within();
        received.Length.Should().BeInRange(count, count + 1, "the record for which there was no room is counted, too, or was not made");
        pair.Accepted.CloseReason.Should().Be(CloseReason.PeerFinished);
        return count;
    }

    private TcpPairUnderTest ConnectSlowPair()
    {
        TcpServerOptions server = ServerOptions;
        server.ReceiveBufferSize = SmallBuffer;
        TcpClientOptions client = ClientOptions;
        client.SendBufferSize = SmallBuffer;
        return ConnectPair(server, client);
    }
}

public sealed class FullKernelEndTests_Portable : FullKernelEndTests<PortableUnderTest>;

public sealed class FullKernelEndTests_Epoll : FullKernelEndTests<EpollUnderTest>;
