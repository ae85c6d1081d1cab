using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tcp;

/// <summary><see cref="StreamConnection.QueuedBytes"/>: what sends were given and the kernel has not taken.</summary>
public abstract class QueuedBytesTests<TEngine> : TcpTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int Length = Payload.MoreThanKernelTakes;

    [Theory]
    [InlineData("one")]
    [InlineData("pair")]
    [InlineData("gathered")]
    [InlineData("file")]
    [InlineData("blocking")]
    [InlineData("stream")]
    public async Task What_waits_is_queued_and_nothing_is_when_it_has_gone(string how)
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.QueuedBytes.Should().Be(0);
        if (how == "blocking")
        {
            // With a deadline it waits where its progress is known.
            pair.Client.SendTimeout = TimeSpan.FromHours(1);
        }

        Task sending = SendAsync(pair.Client, how);
        await Until(() => pair.Client.Channel.IsSending);
        await TcpFill.UntilFull(pair.Client);

        await Until(() => pair.Client.QueuedBytes == Length - pair.Client.BytesSent);
        pair.Client.QueuedBytes.Should().BePositive();
        await pair.Accepted.ReceiveExactlyAsync(new byte[Length]).Within();
        await sending.Within();
        pair.Client.QueuedBytes.Should().Be(0);
    }

    [Fact]
    public async Task Messages_that_wait_for_their_turn_count_whole_and_no_longer_when_they_are_cancelled()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using var source = new CancellationTokenSource();
        Task first = pair.Client.SendAsync(new byte[Length]).AsTask();
        Task[] others =
        [
            pair.Client.SendAsync(new byte[1000], source.Token).AsTask(),
            pair.Client.SendAsync(new byte[20], new byte[300], source.Token).AsTask(),
            pair.Client.SendAsync(Segments.Cut(new byte[5000], 7), source.Token).AsTask(),
        ];
        Task blocking = Limits.OnThread(() => pair.Client.Send(new byte[7]));
        await Until(() => pair.Client.QueuedBytes > 6320 + 6);
        await TcpFill.UntilFull(pair.Client);
        await Until(() => pair.Client.QueuedBytes == Length - pair.Client.BytesSent + 6327);

        await source.CancelAsync();
        await Task.WhenAll(others.Select(other => Expect.Canceled(other, source.Token)));

        await Until(() => pair.Client.QueuedBytes == Length - pair.Client.BytesSent + 7);
        await pair.Accepted.ReceiveExactlyAsync(new byte[Length + 7]).Within();
        await first.Within();
        await blocking.Within();
        pair.Client.QueuedBytes.Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_queued_after_the_close(bool abort)
    {
        using TcpPairUnderTest pair = ConnectPair();
        Task[] sends = [.. Enumerable.Range(0, 5).Select(_ => pair.Client.SendAsync(new byte[Length]).AsTask())];
        await TcpFill.UntilFull(pair.Client);
        pair.Client.QueuedBytes.Should().BeGreaterThan(4 * Length);

        if (abort)
        {
            pair.Client.Abort();
        }
        else
        {
            pair.Client.Dispose();
        }

        await Task.WhenAll(sends.Select(Expect.Disposed)).Within();
        pair.Client.QueuedBytes.Should().Be(0);
    }

    [Fact]
    public async Task A_send_whose_deadline_has_passed_halfway_leaves_nothing_queued()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.SendTimeout = Moment;

        await Record.ExceptionAsync(() => pair.Client.SendAsync(new byte[Length]).AsTask());

        pair.Client.BytesSent.Should().BePositive();
        pair.Client.QueuedBytes.Should().Be(0);
    }

    private static async Task SendAsync(TcpConnection connection, string how)
    {
        byte[] data = new byte[Length];
        switch (how)
        {
            case "pair":
                await connection.SendAsync(data.AsMemory(0, 100), data.AsMemory(100));
                break;
            case "gathered":
                await connection.SendAsync(Segments.Cut(data, 100_000));
                break;
            case "file":
                string path = Path.GetTempFileName();
                await File.WriteAllBytesAsync(path, data);
                using (Microsoft.Win32.SafeHandles.SafeFileHandle file = File.OpenHandle(path, options: FileOptions.DeleteOnClose))
                {
                    await connection.SendFileAsync(file);
                }

                break;
            case "blocking":
                await Limits.OnThread(() => connection.Send(data));
                break;
            case "stream":
                await connection.GetStream(leaveOpen: true).WriteAsync(data);
                break;
            default:
                await connection.SendAsync(data);
                break;
        }
    }
}

public sealed class QueuedBytesTests_Portable : QueuedBytesTests<PortableUnderTest>;

public sealed class QueuedBytesTests_Epoll : QueuedBytesTests<EpollUnderTest>;

public sealed class QueuedBytesTests_PortableWrapped : QueuedBytesTests<WrappedUnderTest<PortableUnderTest>>;

public sealed class QueuedBytesTests_EpollWrapped : QueuedBytesTests<WrappedUnderTest<EpollUnderTest>>;
