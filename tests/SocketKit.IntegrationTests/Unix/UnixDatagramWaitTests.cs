using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Unix;

/// <summary>Unlike UDP, a Unix datagram is not dropped when the receiver's queue is full: its sender waits.</summary>
public abstract class UnixDatagramWaitTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private static readonly TimeSpan s_moment = TimeSpan.FromMilliseconds(50);

    private readonly byte[] _buffer = new byte[16];

    private UnixDatagramOptions Options => new() { Engine = Engine };

    [LinuxFact]
    public void A_blocking_send_to_a_full_queue_waits_until_its_deadline()
    {
        using UnixDatagramEndpoint receiver = Bind();
        foreach (bool connected in new[] { true, false })
        {
            using UnixDatagramEndpoint sender = Sender(connected);
            int queued = Fill(sender, receiver, connected);
            sender.SendTimeout = s_moment;

            long start = Stopwatch.GetTimestamp();
            Exception? exception = Record.Exception(() =>
                connected ? sender.Send("late"u8) : sender.SendTo("late"u8, receiver.LocalEndPoint!));

            Stopwatch.GetElapsedTime(start).Should().BeGreaterThanOrEqualTo(s_moment);
            Expect.Timeout(exception).Operation.Should().Be("send");
            Drain(receiver).Should().Be(queued, "what timed out was not sent");
        }
    }

    [LinuxFact]
    public async Task An_async_send_to_a_full_queue_waits_until_its_deadline_or_its_token()
    {
        using UnixDatagramEndpoint receiver = Bind();
        foreach (bool connected in new[] { true, false })
        {
            using UnixDatagramEndpoint sender = Sender(connected);
            int queued = Fill(sender, receiver, connected);

            using var source = new CancellationTokenSource();
            Task<int> canceled = SendAsync(sender, receiver, connected, source.Token);
            canceled.IsCompleted.Should().BeFalse();
            await source.CancelAsync();
            await Expect.Canceled(canceled, source.Token);

            sender.SendTimeout = s_moment;
            long start = Stopwatch.GetTimestamp();
            SocketTimeoutException late = await Expect.Timeout(SendAsync(sender, receiver, connected));
            late.RemoteEndPoint.Should().Be(receiver.LocalEndPoint);
            late.Message.Should().Contain($" → {PathOf()} timed out");
            Stopwatch.GetElapsedTime(start).Should().BeGreaterThanOrEqualTo(s_moment);

            Drain(receiver).Should().Be(queued, "what was given up was not sent");
        }
    }

    [LinuxFact]
    public async Task A_waiting_send_goes_out_when_the_receiver_makes_room()
    {
        using UnixDatagramEndpoint receiver = Bind();
        foreach (bool connected in new[] { true, false })
        {
            using UnixDatagramEndpoint sender = Sender(connected);
            int queued = Fill(sender, receiver, connected);

            Task<int> pending = SendAsync(sender, receiver, connected);
            Task<int> blocked = Limits.OnThread(() => connected ? sender.Send("late"u8) : sender.SendTo("late"u8, receiver.LocalEndPoint!));
            pending.IsCompleted.Should().BeFalse();
            receiver.ReceiveTimeout = Limits.Hang;
            for (int i = 0; i < queued; i++)
            {
                receiver.ReceiveFrom(_buffer).Length.Should().Be(1);
            }

            receiver.ReceiveFrom(_buffer).Length.Should().Be(4);
            receiver.ReceiveFrom(_buffer).Length.Should().Be(4);
            (await pending.Within()).Should().Be(4);
            (await blocked.Within()).Should().Be(4);
        }
    }

    [LinuxFact]
    public async Task Dispose_ends_sends_that_wait()
    {
        using UnixDatagramEndpoint receiver = Bind();
        UnixDatagramEndpoint sender = Sender(connected: true);
        Fill(sender, receiver, connected: true);
        Task pending = SendAsync(sender, receiver, connected: true);
        Task blocked = Limits.OnThread(() => sender.Send("late"u8));

        sender.Dispose();

        await Expect.Disposed(pending);
        await Expect.Disposed(blocked);
    }

    [LinuxFact]
    public async Task A_send_that_waits_throws_what_its_memory_throws_at_any_access_and_the_next_one_goes_out()
    {
        foreach (int accesses in new[] { 1, 2, 3 })
        {
            await ThrowsAsync(accesses);
        }
    }

    private async Task ThrowsAsync(int accesses)
    {
        using UnixDatagramEndpoint receiver = Bind();
        using UnixDatagramEndpoint sender = Sender(connected: true);
        var memory = new ThrowingMemory(4);
        using IMemoryOwner<byte> owner = memory;
        int queued = Fill(sender, receiver, connected: true);
        Memory<byte> handed = memory.Memory;
        memory.LetGoAfter(accesses);
        Task<int> waiting = sender.SendAsync(handed).AsTask();

        (await Expect.Failure(waiting)).Should().BeOfType<InvalidOperationException>();
        Drain(receiver).Should().Be(queued, "nothing of it was sent");
        (await SendAsync(sender, receiver, connected: true).Within()).Should().Be(4);
    }

    [LinuxFact]
    public void A_full_queue_is_no_success_of_Try_and_WouldBlock_in_non_blocking_mode()
    {
        using UnixDatagramEndpoint receiver = Bind();
        using UnixDatagramEndpoint sender = Sender(connected: true);
        Fill(sender, receiver, connected: true);

        sender.TrySend("late"u8, out int sent).Should().BeFalse();
        sent.Should().Be(0);
        sender.WaitWritable(TimeSpan.Zero).Should().BeFalse();
        sender.Blocking = false;
        Expect.Socket(Record.Exception(() => sender.Send("late"u8)), SocketError.WouldBlock);

        Drain(receiver);
        sender.WaitWritable(Limits.Hang).Should().BeTrue();
        sender.TrySend("late"u8, out sent).Should().BeTrue();
        sent.Should().Be(4);
    }

    private UnixDatagramEndpoint Bind() => UnixDatagramEndpoint.Bind(PathOf(), Options);

    private UnixDatagramEndpoint Sender(bool connected) =>
        connected ? UnixDatagramEndpoint.Connect(PathOf(), Options) : UnixDatagramEndpoint.Bind(PathOf("sender"), Options);

    private static Task<int> SendAsync(
        UnixDatagramEndpoint sender, UnixDatagramEndpoint receiver, bool connected, CancellationToken token = default) =>
        connected
            ? sender.SendAsync("late"u8.ToArray(), token).AsTask()
            : sender.SendToAsync("late"u8.ToArray(), receiver.LocalEndPoint!, token).AsTask();

    /// <summary>Sends until the receiver's queue is full; the number of datagrams in it.</summary>
    private static int Fill(UnixDatagramEndpoint sender, UnixDatagramEndpoint receiver, bool connected)
    {
        int queued = 0;
        EndPoint to = receiver.LocalEndPoint!;
        while (connected ? sender.TrySend("x"u8, out _) : sender.TrySendTo("x"u8, to, out _))
        {
            queued++.Should().BeLessThan(1_000_000, "a queue ends somewhere");
        }

        queued.Should().BePositive();
        return queued;
    }

    private int Drain(UnixDatagramEndpoint receiver)
    {
        int drained = 0;
        while (receiver.TryReceiveFrom(_buffer, out _))
        {
            drained++;
        }

        return drained;
    }
}

public sealed class UnixDatagramWaitTests_Portable : UnixDatagramWaitTests<PortableUnderTest>;

public sealed class UnixDatagramWaitTests_Epoll : UnixDatagramWaitTests<EpollUnderTest>;
