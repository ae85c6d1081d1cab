using SocketKit.Engine;
using SocketKit.Engine.Streams;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Engine;

public sealed class FifoLockTests
{
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(20);

    [Fact]
    public void One_at_a_time_is_let_through()
    {
        var gate = new FifoLock();

        gate.TryEnter().Should().BeTrue();
        gate.TryEnter().Should().BeFalse();
        gate.IsHeld.Should().BeTrue();
        gate.Exit();

        gate.IsHeld.Should().BeFalse();
        gate.Enter(Deadline.Infinite).Should().Be(ChannelStatus.Success);
    }

    [Fact]
    public async Task The_queue_is_served_in_the_order_of_the_calls()
    {
        var gate = new FifoLock();
        gate.TryEnter();
        Task<ChannelStatus>[] turns = [.. Enumerable.Range(0, 20).Select(_ => gate.EnterAsync(CancellationToken.None))];
        gate.IsContended.Should().BeTrue();

        for (int i = 0; i < turns.Length; i++)
        {
            turns.Skip(i).Should().OnlyContain(static turn => !turn.IsCompleted);
            gate.Exit();
            (await turns[i].Within()).Should().Be(ChannelStatus.Success);
            gate.IsHeld.Should().BeTrue("the turn is handed over, nobody can slip in between");
        }

        gate.Exit();
        gate.IsHeld.Should().BeFalse();
    }

    [Fact]
    public void A_blocking_wait_ends_at_its_deadline()
    {
        var gate = new FifoLock();
        gate.TryEnter();

        gate.Enter(Deadline.After(s_short)).Should().Be(ChannelStatus.DeadlinePassed);
        gate.Enter(Deadline.After(TimeSpan.Zero)).Should().Be(ChannelStatus.DeadlinePassed);

        gate.IsContended.Should().BeFalse("whoever gave up has left the queue");
        gate.Exit();
        gate.TryEnter().Should().BeTrue();
    }

    [Fact]
    public async Task A_wait_that_gives_up_lets_the_next_one_have_its_turn()
    {
        var gate = new FifoLock();
        gate.TryEnter();
        using var source = new CancellationTokenSource();
        Task<ChannelStatus> canceled = gate.EnterAsync(source.Token);
        Task<ChannelStatus> late = Limits.OnThread(() => gate.Enter(Deadline.After(s_short)));
        Task<ChannelStatus> patient = gate.EnterAsync(CancellationToken.None);

        await source.CancelAsync();
        (await canceled.Within()).Should().Be(ChannelStatus.Canceled);
        (await late.Within()).Should().Be(ChannelStatus.DeadlinePassed);
        patient.IsCompleted.Should().BeFalse();
        gate.Exit();

        (await patient.Within()).Should().Be(ChannelStatus.Success);
    }

    [Fact]
    public async Task A_token_that_has_fired_does_not_even_queue()
    {
        var gate = new FifoLock();

        (await gate.EnterAsync(new CancellationToken(canceled: true)).Within()).Should().Be(ChannelStatus.Canceled);

        gate.IsHeld.Should().BeFalse();
    }

    [Fact]
    public async Task A_cut_message_fails_those_behind_it_and_not_those_after()
    {
        var gate = new FifoLock();
        gate.TryEnter();
        Task<ChannelStatus> behind = gate.EnterAsync(CancellationToken.None);

        gate.FailQueue(ChannelStatus.DeadlinePassed);
        Task<ChannelStatus> after = gate.EnterAsync(CancellationToken.None);
        (await behind.Within()).Should().Be(ChannelStatus.DeadlinePassed);
        gate.Exit();

        (await after.Within()).Should().Be(ChannelStatus.Success);
    }

    [Fact]
    public async Task Closing_ends_every_wait_now_and_in_future()
    {
        var gate = new FifoLock();
        gate.TryEnter();
        Task<ChannelStatus> waiting = gate.EnterAsync(CancellationToken.None);
        Task<ChannelStatus> blocked = Limits.OnThread(() => gate.Enter(Deadline.Infinite));

        gate.Close();

        (await waiting.Within()).Should().Be(ChannelStatus.Closed);
        (await blocked.Within()).Should().Be(ChannelStatus.Closed);
        gate.Enter(Deadline.Infinite).Should().Be(ChannelStatus.Closed);
    }

    /// <summary>Everybody tries at one moment, again and again, for the gate is free only at the start.</summary>
    [Fact]
    public async Task Of_all_who_try_a_free_gate_at_once_one_gets_in()
    {
        // Two, so that they meet on two processors: each further worker makes a round wait for a time slice where others compute, too.
        const int Workers = 2;
        const int Rounds = 10_000;
        var gates = new FifoLock[Rounds];
        int[] entered = new int[Rounds];
        int arrived = 0;
        for (int round = 0; round < Rounds; round++)
        {
            gates[round] = new FifoLock();
        }

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => Limits.OnThread(Work))).Within();

        entered.Should().OnlyContain(static count => count == 1);

        void Work()
        {
            for (int round = 0; round < Rounds; round++)
            {
                // A barrier that spins: one that sleeps wakes its threads one after the other, and they do not meet.
                Interlocked.Increment(ref arrived);
                var wait = new SpinWait();
                while (Volatile.Read(ref arrived) < (round + 1) * Workers)
                {
                    wait.SpinOnce(sleep1Threshold: -1);
                }

                if (gates[round].TryEnter())
                {
                    Interlocked.Increment(ref entered[round]);
                }
            }
        }
    }

    /// <summary>
    /// Unguarded counters are right only if never two are inside; and a lost turn leaves the gate held or somebody waiting.
    /// </summary>
    [Fact]
    public async Task Under_stress_one_is_inside_and_no_turn_is_lost()
    {
        const int Workers = 8;
        const int Rounds = 1_000;
        var gate = new FifoLock();
        int inside = 0;
        long entered = 0;
        long unguarded = 0;
        int overlaps = 0;

        Task[] workers = [.. Enumerable.Range(0, Workers).Select(worker => Limits.OnThread(() => Work(worker)))];
        await Task.WhenAll(workers).Within();

        overlaps.Should().Be(0);
        unguarded.Should().Be(entered).And.BeGreaterThan(Workers);
        gate.IsHeld.Should().BeFalse();
        gate.TryEnter().Should().BeTrue();

        void Work(int worker)
        {
            var random = new Random(worker);
            for (int round = 0; round < Rounds; round++)
            {
                if (Enter(random))
                {
                    overlaps += Interlocked.Increment(ref inside) == 1 ? 0 : 1;
                    unguarded++;
                    Thread.SpinWait(random.Next(50));
                    Interlocked.Increment(ref entered);
                    Interlocked.Decrement(ref inside);
                    gate.Exit();
                }
            }
        }

        bool Enter(Random random)
        {
            switch (random.Next(4))
            {
                case 0:
                    return gate.TryEnter();
                case 1:
                    return gate.TryEnter() || gate.Enter(Deadline.Infinite) == ChannelStatus.Success;
                case 2:
                    return gate.TryEnter() || gate.Enter(Deadline.After(TimeSpan.FromTicks(random.Next(500)))) == ChannelStatus.Success;
                default:
                    using (var source = new CancellationTokenSource())
                    {
                        Task<ChannelStatus> turn = gate.EnterAsync(source.Token);
                        Thread.SpinWait(random.Next(100));
                        source.Cancel();
                        return turn.Result == ChannelStatus.Success;
                    }
            }
        }
    }
}
