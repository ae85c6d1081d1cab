using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>Sends queue whole: they never interleave, and what happens to one of them has defined effects on the others.</summary>
public abstract class SendQueueTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    /// <summary>More than the kernel's buffers take, so that a send has to wait.</summary>
    private const int Large = 8 * 1024 * 1024;

    [Fact]
    public async Task Concurrent_sends_never_interleave_and_keep_the_order_of_their_caller()
    {
        const int Senders = 16;
        const int Messages = 200;
        const int Length = 3000;
        using TcpPairUnderTest pair = ConnectPair();
        Task[] sending = [.. Enumerable.Range(0, Senders).Select(sender => Task.Run(async () =>
        {
            for (int i = 0; i < Messages; i++)
            {
                byte[] message = new byte[Length];
                Array.Fill(message, (byte)i);
                message[0] = (byte)sender;
                await pair.Client.SendAsync(message);
            }
        }))];

        int[] next = new int[Senders];
        byte[] frame = new byte[Length];
        for (int i = 0; i < Senders * Messages; i++)
        {
            await pair.Accepted.ReceiveExactlyAsync(frame).Within();
            byte expected = (byte)next[frame[0]]++;
            frame.AsSpan(1).IndexOfAnyExcept(expected).Should().Be(-1);
        }

        await Task.WhenAll(sending).Within();
    }

    [Fact]
    public async Task While_a_send_is_pending_TrySend_is_refused()
    {
        using TcpPairUnderTest pair = ConnectPair();
        Task first = pair.Client.SendAsync(new byte[Large]).AsTask();

        first.IsCompleted.Should().BeFalse();
        pair.Client.TrySend("x"u8, out int sent).Should().BeFalse();
        sent.Should().Be(0);

        // Or its exception would be taken for one that another test has lost.
        pair.Client.Dispose();
        await Expect.Disposed(first);
    }

    [Fact]
    public async Task A_queued_send_whose_token_fires_is_taken_out_and_harms_nothing()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using var source = new CancellationTokenSource();
        Task first = pair.Client.SendAsync(new byte[Large]).AsTask();
        Task withdrawn = pair.Client.SendAsync("never"u8.ToArray(), source.Token).AsTask();
        Task last = pair.Client.SendAsync("last"u8.ToArray()).AsTask();

        await source.CancelAsync();
        Func<Task> wait = () => withdrawn.Within();
        (await wait.Should().ThrowAsync<OperationCanceledException>()).Which.CancellationToken.Should().Be(source.Token);

        await pair.Accepted.ReceiveExactlyAsync(new byte[Large]).Within();
        byte[] rest = new byte[4];
        await pair.Accepted.ReceiveExactlyAsync(rest).Within();
        rest.Should().Equal("last"u8.ToArray());
        await first.Within();
        await last.Within();
    }

    [Fact]
    public async Task A_send_that_is_cut_by_its_deadline_fails_those_behind_it_and_later_ones_go_out()
    {
        using TcpPairUnderTest pair = ConnectPair();
        pair.Client.SendTimeout = TimeSpan.FromMilliseconds(200);
        Task cut = pair.Client.SendAsync(new byte[Large]).AsTask();
        pair.Client.SendTimeout = Timeout.InfiniteTimeSpan;
        Task behind = pair.Client.SendAsync("behind"u8.ToArray()).AsTask();

        Func<Task> waitCut = () => cut.Within();
        Func<Task> waitBehind = () => behind.Within();
        long sent = (await waitCut.Should().ThrowAsync<SocketTimeoutException>()).Which.BytesTransferred;
        (await waitBehind.Should().ThrowAsync<SocketTimeoutException>()).Which.BytesTransferred.Should().Be(0);
        sent.Should().BeInRange(1, Large - 1);

        Task later = pair.Client.SendAsync("later"u8.ToArray()).AsTask();
        await pair.Accepted.ReceiveExactlyAsync(new byte[sent]).Within();
        byte[] rest = new byte[5];
        await pair.Accepted.ReceiveExactlyAsync(rest).Within();
        rest.Should().Equal("later"u8.ToArray());
        await later.Within();
    }

    [Fact]
    public async Task A_begun_send_whose_token_fires_aborts_the_connection()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using var source = new CancellationTokenSource();
        Task begun = pair.Client.SendAsync(new byte[Large], source.Token).AsTask();

        await source.CancelAsync();

        Func<Task> wait = () => begun.Within();
        await wait.Should().ThrowAsync<OperationCanceledException>();
        pair.Client.CloseReason.Should().Be(CloseReason.LocalAbort);
    }
}

public sealed class SendQueueTests_Portable : SendQueueTests<PortableUnderTest>;

public sealed class SendQueueTests_Epoll : SendQueueTests<EpollUnderTest>;
