using System.Diagnostics;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Polling;

/// <summary>How long a wait lasts, what ends it, and whose turn it is when more are ready than fit.</summary>
public abstract class PollerWaitTests<TEngine, TPoller> : PollerTests<TEngine, TPoller>
    where TEngine : EngineUnderTest, new()
    where TPoller : EngineUnderTest, new()
{
    [Fact]
    public void A_wait_lasts_its_time_and_zero_only_looks()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SocketPoller poller = NewPoller();
        var ready = new ReadySocket[4];
        for (int i = 0; i < 2; i++)
        {
            long start = Stopwatch.GetTimestamp();
            poller.Wait(ready, Moment).Should().Be(0);
            Stopwatch.GetElapsedTime(start).Should().BeGreaterThanOrEqualTo(Moment);
            poller.Wait(ready, TimeSpan.FromMicroseconds(300)).Should().Be(0, "a part of a millisecond is rounded up");
            poller.Wait(ready, TimeSpan.Zero).Should().Be(0);
            if (i == 0)
            {
                poller.Add(pair.Client, Readiness.Readable);
            }
        }

        pair.Accepted.Send(Hello);
        poller.Wait(ready, Timeout.InfiniteTimeSpan).Should().Be(1);
        poller.Wait(ready, TimeSpan.MaxValue).Should().Be(1);
    }

    [Fact]
    public async Task A_wait_without_sockets_is_ended_by_waking()
    {
        using SocketPoller poller = NewPoller();
        Task<ReadySocket[]> waiting = await StartWaiting(poller);
        poller.Wake();
        (await waiting.Within()).Should().BeEmpty();
        Look(poller).Should().BeEmpty();
    }

    [Fact]
    public void Waking_before_a_wait_ends_that_one_and_no_other()
    {
        using TcpPairUnderTest pair = ConnectPair();
        using SocketPoller poller = NewPoller();
        poller.Add(pair.Client, Readiness.Readable);
        var ready = new ReadySocket[1];
        poller.Wake();
        poller.Wake();
        poller.Wait(ready, Timeout.InfiniteTimeSpan).Should().Be(0);
        long start = Stopwatch.GetTimestamp();
        poller.Wait(ready, Moment).Should().Be(0);
        Stopwatch.GetElapsedTime(start).Should().BeGreaterThanOrEqualTo(Moment, "both calls were one");

        pair.Accepted.Send(Hello);
        FindWith(poller, pair.Client, Readiness.Readable);
        poller.Wake();
        FindWith(poller, pair.Client, Readiness.Readable);
    }

    [Fact]
    public async Task Each_round_of_waking_from_many_threads_ends_one_wait_and_none_is_lost()
    {
        using SocketPoller poller = NewPoller();
        const int Threads = 8;
        const int Rounds = 500;
        using var barrier = new Barrier(Threads + 1);
        Task[] wakers = [.. Enumerable.Range(0, Threads).Select(_ => Limits.OnThread(() =>
        {
            for (int i = 0; i < Rounds; i++)
            {
                barrier.SignalAndWait();
                poller.Wake();
                barrier.SignalAndWait();
            }
        }))];
        Task waiter = Limits.OnThread(() =>
        {
            var ready = new ReadySocket[1];
            for (int i = 0; i < Rounds; i++)
            {
                barrier.SignalAndWait();
                poller.Wait(ready, Timeout.InfiniteTimeSpan);
                barrier.SignalAndWait();

                // What came after the wait had ended is still to be told.
                poller.Wait(ready, TimeSpan.Zero);
            }
        });
        await Task.WhenAll([waiter, .. wakers]).Within();
        long start = Stopwatch.GetTimestamp();
        poller.Wait(new ReadySocket[1], Moment);
        Stopwatch.GetElapsedTime(start).Should().BeGreaterThanOrEqualTo(Moment, "no call of Wake is left over");
    }

    [Fact]
    public async Task A_second_wait_is_refused_and_the_first_one_goes_on()
    {
        using SocketPoller poller = NewPoller();
        Task<ReadySocket[]> waiting = await StartWaiting(poller);
        await Eventually.BeTrueAsync(
            () => Record.Exception(() => poller.Wait(new ReadySocket[1], TimeSpan.Zero)) is InvalidOperationException, "one waits");
        waiting.IsCompleted.Should().BeFalse();
        poller.Wake();
        await waiting.Within();
        Look(poller).Should().BeEmpty();
    }

    [Fact]
    public async Task Disposing_the_poller_ends_the_wait()
    {
        for (int i = 0; i < 20; i++)
        {
            SocketPoller poller = NewPoller();
            using TcpPairUnderTest pair = ConnectPair();
            poller.Add(pair.Client, Readiness.Readable);
            Task<ReadySocket[]> waiting = await StartWaiting(poller);
            poller.Dispose();
            await Expect.Disposed(waiting);
            poller.Count.Should().Be(0);
        }
    }

    [Fact]
    public async Task A_wait_that_sleeps_follows_every_change()
    {
        using SocketPoller poller = NewPoller();
        using TcpPairUnderTest pair = ConnectPair();
        using TcpPairUnderTest other = ConnectPair();
        poller.Add(other.Client, Readiness.Readable);
        other.Accepted.Send(Hello);
        pair.Accepted.Send(Hello);
        FindWith(poller, other.Client, Readiness.Readable);
        poller.Modify(other.Client, Readiness.None);

        Task<ReadySocket[]> added = await StartWaiting(poller);
        poller.Add(pair.Client, Readiness.Readable);
        (await added.Within()).Should().ContainSingle().Which.Socket.Should().BeSameAs(pair.Client);
        poller.Remove(pair.Client);

        Task<ReadySocket[]> modified = await StartWaiting(poller);
        poller.Modify(other.Client, Readiness.Readable);
        (await modified.Within()).Should().ContainSingle().Which.Socket.Should().BeSameAs(other.Client);
        poller.Modify(other.Client, Readiness.None);

        Task<ReadySocket[]> undisturbed = await StartWaiting(poller);
        pair.Client.Dispose();
        other.Client.Dispose();
        poller.Count.Should().Be(0);
        undisturbed.IsCompleted.Should().BeFalse("a socket that leaves is no reason to return");
        poller.Wake();
        (await undisturbed.Within()).Should().BeEmpty();
    }

    [Fact]
    public async Task Disposing_a_connection_that_a_wait_sleeps_for_finishes_it_as_ever()
    {
        using SocketPoller poller = NewPoller();
        for (int i = 0; i < 20; i++)
        {
            using TcpPairUnderTest pair = ConnectPair();
            poller.Add(pair.Client, Readiness.Readable);
            Task<ReadySocket[]> waiting = await StartWaiting(poller);
            pair.Client.Send(Hello);
            pair.Client.Dispose();
            byte[] buffer = new byte[16];
            pair.Accepted.Receive(buffer, Limits.Hang).Should().Be(Hello.Length);
            pair.Accepted.Receive(buffer, Limits.Hang).Should().Be(0, "the peer sees a finish and no reset");
            poller.Wake();
            (await waiting.Within()).Should().BeEmpty();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void Each_socket_has_its_turn_when_more_are_ready_than_fit(int room)
    {
        const int Sockets = 10;
        using SocketPoller poller = NewPoller();
        TcpPairUnderTest[] pairs = [.. Enumerable.Range(0, Sockets).Select(_ => ConnectPair())];
        foreach (TcpPairUnderTest pair in pairs)
        {
            poller.Add(pair.Client, Readiness.Readable);
            pair.Accepted.Send(Hello);
            pair.Client.WaitReadable(Limits.Hang).Should().BeTrue();
        }

        var ready = new ReadySocket[room];
        var found = new Dictionary<SocketBase, int>();
        for (int round = 0; round < Sockets * 10; round++)
        {
            int count = poller.Wait(ready, Limits.Hang);
            count.Should().Be(room);
            ready.Select(static one => one.Socket).Should().OnlyHaveUniqueItems();
            foreach (ReadySocket one in ready)
            {
                found[one.Socket] = found.GetValueOrDefault(one.Socket) + 1;
            }
        }

        found.Should().HaveCount(Sockets);
        found.Values.Should().OnlyContain(static times => times >= 1, "nobody starves");
        (found.Values.Max() - found.Values.Min()).Should().BeLessThanOrEqualTo(1, "the turns go round");
        Array.ForEach(pairs, static pair => pair.Dispose());
    }

    [Fact]
    public async Task What_a_server_holds_and_what_the_kernel_has_both_have_their_turn()
    {
        using SocketPoller poller = NewPoller();
        TcpServer[] servers = [ListenAnywhere(), ListenAnywhere()];
        var clients = new List<TcpClient>();
        foreach (TcpServer server in servers)
        {
            Task held = server.WaitReadableAsync().AsTask();
            clients.Add(Connect(server));
            await held.Within();
            poller.Add(server, Readiness.Readable);
        }

        using TcpPairUnderTest pair = ConnectPair();
        using TcpPairUnderTest other = ConnectPair();
        foreach (TcpPairUnderTest one in (TcpPairUnderTest[])[pair, other])
        {
            one.Accepted.Send(Hello);
            one.Client.WaitReadable(Limits.Hang).Should().BeTrue();
            poller.Add(one.Client, Readiness.Readable);
        }

        var ready = new ReadySocket[1];
        var found = new HashSet<SocketBase>();
        for (int i = 0; i < 8; i++)
        {
            poller.Wait(ready, Limits.Hang).Should().Be(1);
            found.Add(ready[0].Socket);
        }

        found.Should().HaveCount(4);
        Look(poller).Select(static one => one.Socket).Should().OnlyHaveUniqueItems().And.HaveCount(4);
        clients.ForEach(static client => client.Abort());
        Array.ForEach(servers, static server => server.Dispose());
    }
}

public sealed class PollerWaitTests_PortableBySelect : PollerWaitTests<PortableUnderTest, PortableUnderTest>;

public sealed class PollerWaitTests_PortableByEpoll : PollerWaitTests<PortableUnderTest, EpollUnderTest>;

public sealed class PollerWaitTests_EpollBySelect : PollerWaitTests<EpollUnderTest, PortableUnderTest>;

public sealed class PollerWaitTests_EpollByEpoll : PollerWaitTests<EpollUnderTest, EpollUnderTest>;
