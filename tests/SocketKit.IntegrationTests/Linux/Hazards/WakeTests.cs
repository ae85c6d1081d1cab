using System.Diagnostics;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux.Hazards;

/// <summary>What other threads want of a loop that sleeps, or is about to, or posts to itself.</summary>
[Collection(Serial.Name)]
public sealed class WakeTests : EngineTests<OneLoopUnderTest>
{
    [Fact]
    public async Task No_post_is_lost_between_the_last_look_and_the_sleep()
    {
        const int Rounds = 20_000;
        const int MostSpins = 3000;
        using TcpPairUnderTest pair = ConnectPair();
        byte[] buffer = new byte[1];
        var random = new Random(28);
        for (int i = 0; i < Rounds; i++)
        {
            // No timer and no event: a wake that is lost is a wait that never ends. The first cancel wakes the loop, the second meets it on
            // its way back.
            using var first = new CancellationTokenSource();
            using var second = new CancellationTokenSource();
            Task<int> one = pair.Accepted.ReceiveAsync(buffer, first.Token).AsTask();
            Task<int> other = pair.Client.ReceiveAsync(buffer, second.Token).AsTask();
            first.Cancel();
            Thread.SpinWait(random.Next(MostSpins));
            second.Cancel();
            await Expect.Canceled(one, first.Token);
            await Expect.Canceled(other, second.Token);
        }
    }

    [Fact]
    public async Task A_handler_that_posts_to_its_own_loop_for_ever_leaves_it_to_the_others()
    {
        const int Rounds = 500;
        using TcpPairUnderTest selfish = ConnectPair();
        using TcpPairUnderTest other = ConnectPair();
        bool isOver = false;
        long posts = 0;
        Task posting = PostAsync();
        Task echoing = EchoAsync();

        byte[] ball = new byte[1];
        for (int i = 0; i < Rounds; i++)
        {
            await other.Client.SendAsync(ball);
            (await other.Client.ReceiveAsync(ball).Within()).Should().Be(1);
        }

        Interlocked.Read(ref posts).Should().BePositive();
        Volatile.Write(ref isOver, true);
        await posting.Within();
        other.Client.Dispose();
        await echoing.Within();

        async Task PostAsync()
        {
            while (!Volatile.Read(ref isOver))
            {
                using var source = new CancellationTokenSource();
                ValueTask<int> receive = selfish.Accepted.ReceiveAsync(new byte[1], source.Token);

                // On the loop itself, which CancelAsync would not be.
                source.Cancel();
                await ((Task)receive.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                Interlocked.Increment(ref posts);
            }
        }

        async Task EchoAsync()
        {
            byte[] buffer = new byte[1];
            while (await other.Accepted.ReceiveAsync(buffer).ConfigureAwait(false) > 0)
            {
                await other.Accepted.SendAsync(buffer).ConfigureAwait(false);
            }
        }
    }

    [Fact]
    public async Task No_deadline_that_a_foreign_thread_sets_on_an_idle_loop_is_early_or_forgotten()
    {
        const int Threads = 8;
        const int PerThread = 40;
        const int Rounds = 4;
        const int Longest = 400;
        using TcpServer server = Listen();
        TcpPairUnderTest[] pairs = [.. Enumerable.Range(0, Threads * PerThread).Select(
            _ => new TcpPairUnderTest(Connect(server), server.Accept()))];
        for (int round = 0; round < Rounds; round++)
        {
            using var barrier = new Barrier(Threads);
            int first = round * Threads;
            Task<(TimeSpan Set, TimeSpan Taken)[]>[] threads = [.. Enumerable.Range(0, Threads).Select(thread => Limits.OnThread(() =>
            {
                var random = new Random(first + thread);
                barrier.SignalAndWait();
                return pairs[(thread * PerThread)..((thread + 1) * PerThread)]
                    .Select(pair => TimeOutAsync(pair.Accepted, TimeSpan.FromMicroseconds(1 + random.Next(Longest * 1000))))
                    .ToArray();
            }).ContinueWith(static started => Task.WhenAll(started.Result), TaskScheduler.Default).Unwrap())];

            foreach ((TimeSpan set, TimeSpan taken) in (await Task.WhenAll(threads).Within()).SelectMany(static times => times))
            {
                taken.Should().BeGreaterThanOrEqualTo(set, "never early").And.BeLessThan(set + TimeSpan.FromSeconds(5));
            }
        }

        Array.ForEach(pairs, static pair => pair.Dispose());
    }

    /// <summary>A loop sleeps without a time-out until somebody sets the first deadline.</summary>
    [Fact]
    public async Task The_first_deadline_on_a_loop_that_sleeps_for_ever_wakes_it()
    {
        using TcpPairUnderTest pair = ConnectPair();
        for (int i = 1; i <= 50; i++)
        {
            (TimeSpan set, TimeSpan taken) = await TimeOutAsync(pair.Accepted, TimeSpan.FromMilliseconds(i)).Within();
            taken.Should().BeGreaterThanOrEqualTo(set);
        }
    }

    /// <summary>The clock is read on the loop itself, before anything else can take time.</summary>
    private static async Task<(TimeSpan Set, TimeSpan Taken)> TimeOutAsync(TcpConnection connection, TimeSpan timeout)
    {
        connection.ReceiveTimeout = timeout;
        long start = Stopwatch.GetTimestamp();
        try
        {
            await connection.ReceiveAsync(new byte[1]).ConfigureAwait(false);
            throw new InvalidOperationException("Nobody has sent anything.");
        }
        catch (SocketTimeoutException)
        {
            // As it should be.
            return (timeout, Stopwatch.GetElapsedTime(start));
        }
    }
}
