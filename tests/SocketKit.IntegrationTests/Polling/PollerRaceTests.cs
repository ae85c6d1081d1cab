using System.Collections.Concurrent;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Polling;

/// <summary>What other threads do while one waits.</summary>
public abstract class PollerRaceTests<TEngine, TPoller> : PollerTests<TEngine, TPoller>
    where TEngine : EngineUnderTest, new()
    where TPoller : EngineUnderTest, new()
{
    private const int Rounds = 200;

    [Fact]
    public async Task Sockets_come_change_and_go_on_any_thread_and_no_event_goes_to_another_one()
    {
        using SocketPoller poller = NewPoller();
        using TcpServer server = Listen();
        using var stop = new CancellationTokenSource();
        var known = new ConcurrentDictionary<SocketBase, object>();
        var strangers = new ConcurrentQueue<string>();
        Task waiter = Limits.OnThread(() =>
        {
            var ready = new ReadySocket[8];
            while (!stop.IsCancellationRequested)
            {
                int count = poller.Wait(ready, Moment);
                foreach (ReadySocket found in ready.AsSpan(0, count))
                {
                    // A number that was used again would hand out the state of the socket before.
                    if (!known.TryGetValue(found.Socket, out object? state) || found.State != state)
                    {
                        strangers.Enqueue(found.Socket.ToString());
                    }
                }
            }
        });

        Task[] others = [.. Enumerable.Range(0, 3).Select(seed => Limits.OnThread(() => ComeAndGo(poller, known, new Random(seed))))];
        await Task.WhenAll(others).Within();
        await stop.CancelAsync();
        await waiter.Within();
        strangers.Should().BeEmpty();
        poller.Count.Should().Be(0);
    }

    [Fact]
    public Task A_wait_and_a_close_at_the_same_time_leave_nothing_behind()
    {
        var ready = new ReadySocket[4];
        return RunRoundsAsync(async (poller, race, client, accepted) =>
        {
            poller.Add(accepted, Readiness.Readable);
            client.Send(Hello);
            (Exception? first, Exception? second) = await race.MeetAsync(() => poller.Wait(ready, Moment / 10), accepted.Abort);
            first.Should().BeNull();
            second.Should().BeNull();
            poller.Count.Should().Be(0);
            poller.Wait(ready, TimeSpan.Zero).Should().Be(0);
        });
    }

    [Fact]
    public Task Adding_and_closing_at_the_same_time_end_without_the_socket() => RunRoundsAsync(async (poller, race, _, accepted) =>
    {
        (Exception? first, Exception? second) = await race.MeetAsync(() => poller.Add(accepted, Readiness.Readable), accepted.Dispose);
        (first is null or ObjectDisposedException).Should().BeTrue($"not {first}");
        second.Should().BeNull();
        poller.Count.Should().Be(0);
    });

    [Fact]
    public Task Removing_and_closing_at_the_same_time_remove_once() => RunRoundsAsync(async (poller, race, _, accepted) =>
    {
        poller.Add(accepted, Readiness.Readable);
        (Exception? first, Exception? second) = await race.MeetAsync(() => poller.Remove(accepted), accepted.Abort);
        first.Should().BeNull();
        second.Should().BeNull();
        poller.Count.Should().Be(0);
        poller.Remove(accepted).Should().BeFalse();
    });

    [Fact]
    public Task Adding_and_taking_the_bytes_over_exclude_each_other() => RunRoundsAsync(async (poller, race, _, accepted) =>
    {
        (Exception? first, Exception? second) = await race.MeetAsync(
            () => poller.Add(accepted, Readiness.Readable), () => accepted.GetPipe());
        (first is null).Should().NotBe(second is null, "one of the two has it");
        (first is null or NotSupportedException).Should().BeTrue();
        (second is null or InvalidOperationException).Should().BeTrue();
        poller.Count.Should().Be(first is null ? 1 : 0);
    });

    [Fact]
    public async Task The_number_of_a_closed_socket_goes_to_the_next_one_and_its_events_too()
    {
        using SocketPoller poller = NewPoller();
        using TcpServer server = Listen();
        Task<ReadySocket[]> waiting = await StartWaiting(poller);
        for (int i = 0; i < 50; i++)
        {
            using TcpClient gone = Connect(server);
            TcpConnection first = server.Accept();
            poller.Add(first, Readiness.Readable, "first");
            first.Dispose();
            using TcpClient client = Connect(server);
            using TcpConnection second = server.Accept();
            poller.Add(second, Readiness.Readable, "second");
            client.Send(Hello);
            ReadySocket found = (await waiting.Within()).Should().ContainSingle().Subject;
            found.Socket.Should().BeSameAs(second);
            found.State.Should().Be("second");
            poller.Remove(second).Should().BeTrue();
            waiting = await StartWaiting(poller);
        }

        poller.Wake();
        (await waiting.Within()).Should().BeEmpty();
    }

    [Fact]
    public async Task Receives_of_another_thread_and_of_async_callers_take_their_bytes_whole_beside_a_wait()
    {
        using SocketPoller poller = NewPoller();
        using TcpPairUnderTest pair = ConnectPair();
        const int Total = 2_000;
        poller.Add(pair.Accepted, Readiness.Readable);
        long taken = 0;
        Task sender = Limits.OnThread(() =>
        {
            for (int i = 0; i < Total; i++)
            {
                pair.Client.Send([(byte)i]);
            }
        });
        void Take(byte[] buffer)
        {
            try
            {
                if (pair.Accepted.TryReceive(buffer, out int received))
                {
                    Interlocked.Add(ref taken, received);
                }
            }
            catch (InvalidOperationException)
            {
                // The other receive is under way, and takes what is there.
            }
        }

        Task other = Limits.OnThread(() =>
        {
            byte[] buffer = new byte[16];
            while (Volatile.Read(ref taken) < Total)
            {
                Take(buffer);
                Thread.Yield();
            }
        });
        Task waits = Limits.OnThread(() =>
        {
            byte[] buffer = new byte[16];
            var ready = new ReadySocket[1];
            while (Volatile.Read(ref taken) < Total)
            {
                if (poller.Wait(ready, Moment) > 0)
                {
                    ready[0].Readiness.Should().Be(Readiness.Readable, "the peer has not finished");
                    Take(buffer);
                }
            }
        });
        await Task.WhenAll(sender, other, waits).Within();

        // An async receive that waits on the engine takes its bytes although the poller sees them, too.
        Task<ReadySocket[]> waiting = await StartWaiting(poller);
        byte[] last = new byte[Hello.Length];
        Task<int> receiving = pair.Accepted.ReceiveAsync(last).AsTask();
        pair.Client.Send(Hello);
        (await receiving.Within()).Should().Be(Hello.Length);
        poller.Wake();
        await waiting.Within();
        Look(poller).Should().BeEmpty();
        last.Should().Equal(Hello);
    }

    /// <summary>Each round has a connection of its own, and the poller and the race are those of all rounds.</summary>
    private async Task RunRoundsAsync(Func<SocketPoller, Race, TcpClient, TcpConnection, Task> round)
    {
        using SocketPoller poller = NewPoller();
        using var race = new Race();
        using TcpServer server = Listen();
        for (int i = 0; i < Rounds; i++)
        {
            using TcpClient client = Connect(server);
            using TcpConnection accepted = server.Accept();
            await round(poller, race, client, accepted);
        }
    }

    private void ComeAndGo(SocketPoller poller, ConcurrentDictionary<SocketBase, object> known, Random random)
    {
        for (int i = 0; i < Rounds; i++)
        {
            (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair(new() { Engine = Engine });
            object state = new();
            known[first] = state;
            poller.Add(first, (Readiness)random.Next(4), state);
            second.Send(Hello);
            poller.Modify(first, Readiness.Readable);
            if (random.Next(2) == 0)
            {
                poller.Remove(first).Should().BeTrue();
                poller.Add(first, Readiness.Readable | Readiness.Writable, state);
            }

            switch (random.Next(3))
            {
                case 0:
                    second.Abort();
                    break;
                case 1:
                    second.Dispose();
                    break;
                default:
                    first.TryReceive(new byte[8], out _);
                    break;
            }

            if (random.Next(2) == 0)
            {
                first.Abort();
            }
            else
            {
                first.Dispose();
            }

            second.Dispose();
        }
    }
}

public sealed class PollerRaceTests_PortableBySelect : PollerRaceTests<PortableUnderTest, PortableUnderTest>;

public sealed class PollerRaceTests_PortableByEpoll : PollerRaceTests<PortableUnderTest, EpollUnderTest>;

public sealed class PollerRaceTests_EpollBySelect : PollerRaceTests<EpollUnderTest, PortableUnderTest>;

public sealed class PollerRaceTests_EpollByEpoll : PollerRaceTests<EpollUnderTest, EpollUnderTest>;
