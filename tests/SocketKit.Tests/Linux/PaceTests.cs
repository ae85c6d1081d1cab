using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Linux;

/// <summary>How long user code counts as quick, as work or as waiting, and what it says about its server.</summary>
public sealed class PaceTests
{
    /// <summary>So many quick runs in a row make a slow connection an ordinary one.</summary>
    private const int QuickRuns = 8;

    /// <summary>So many slow connections make a server that expects the next to be slow.</summary>
    private const int Many = 4;

    /// <summary>Events at once.</summary>
    private const int Few = 1;

    private const int Quick = 3_000;
    private const int Long = 1_000_000;

    [Fact]
    public void Slow_once_is_slow_until_it_was_quick_often_enough_in_a_row()
    {
        Pace pace = default;
        pace.Waits.Should().BeFalse();

        pace.NoteWait();
        NoteQuick(ref pace, QuickRuns - 1);
        pace.NoteWait();
        NoteQuick(ref pace, QuickRuns - 1);
        pace.Waits.Should().BeTrue();

        pace.NoteQuick();
        pace.Waits.Should().BeFalse();
    }

    [Fact]
    public void Code_works_after_two_long_runs_in_a_row_and_is_quick_again_after_a_few_quick_ones()
    {
        Pace pace = default;
        NoteTimes(ref pace, 4, Quick);
        pace.NoteTime(Long, threads: 1);
        pace.Works(Few).Should().BeFalse("one run may have been interrupted");
        pace.NoteTime(Long, threads: 1);
        pace.NoteTime(Long, threads: 1);
        pace.Works(Few).Should().BeTrue();

        NoteTimes(ref pace, 4, Quick);
        pace.Works(Few).Should().BeFalse();
        pace.Waits.Should().BeFalse("no run has waited");
    }

    [Theory]
    [InlineData(1_000, false)]
    [InlineData(8_000, false)]
    [InlineData(16_000, true)]
    [InlineData(1_000_000, true)]
    public void Code_works_that_takes_longer_than_sharing_costs(int nanoseconds, bool works)
    {
        Pace pace = default;
        NoteTimes(ref pace, 20, nanoseconds);
        pace.Works(Few).Should().Be(works);
    }

    [Theory]
    [InlineData(4_000, Pace.Crowd, false)]
    [InlineData(11_000, Pace.Crowd - 1, false)]
    [InlineData(11_000, Pace.Crowd, true)]
    public void Shorter_code_works_while_many_events_wait(int nanoseconds, int events, bool works)
    {
        Pace pace = default;
        NoteTimes(ref pace, 20, nanoseconds);
        pace.Works(events).Should().Be(works);
    }

    [Fact]
    public void Code_that_was_long_on_a_spare_thread_and_never_waited_works()
    {
        Pace pace = default;
        pace.NoteWait();
        pace.NoteWork();
        (pace.Waits, pace.Works(Few), pace.IsLong).Should().Be((false, true, true));
    }

    [Fact]
    public void Code_that_prefers_the_loop_works_only_while_its_runs_are_long()
    {
        Pace pace = default;
        pace.PreferLoop();
        NoteTimes(ref pace, 20, 100_000);
        pace.Works(Few).Should().BeFalse();
        pace.NoteTime(Long, threads: 1);
        pace.Works(Few).Should().BeTrue();
        pace.NoteTime(Quick, threads: 1);
        pace.Works(Few).Should().BeFalse();
    }

    [Fact]
    public void A_new_connection_is_expected_to_run_as_long_as_the_others_of_its_server()
    {
        var tally = new PaceTally();
        var first = new Pace(tally);
        first.Works(Few).Should().BeFalse();
        NoteTimes(ref first, 40, Long);
        new Pace(tally).Works(Few).Should().BeTrue();

        NoteTimes(ref first, 40, Quick);
        new Pace(tally).Works(Few).Should().BeFalse();
    }

    [Fact]
    public void Work_that_gains_nothing_from_threads_is_not_shared_unless_its_runs_are_long()
    {
        const int contended = 46_000;
        var tally = new PaceTally();
        var pace = new Pace(tally);
        NoteTimes(ref pace, 40, contended);
        pace.MayShare.Should().BeTrue();

        int runs = Environment.ProcessorCount * SharingTrial.RunsPerProcessor;
        for (int i = 0; i < (SharingTrial.Rounds + 1) * (runs + SharingTrial.TrialRuns) && pace.MayShare; i++)
        {
            for (int run = 0; run < runs && pace.MayShare; run++)
            {
                pace.NoteTime(contended, threads: 2);
            }

            for (int run = 0; run < SharingTrial.TrialRuns && !pace.MayShare; run++)
            {
                pace.NoteTime(Pace.WorkNanoseconds, threads: 1);
            }
        }

        (pace.Works(Few), pace.MayShare).Should().Be((true, false));
        pace.NoteTime(Long, threads: 2);
        pace.MayShare.Should().BeTrue("its neighbours would have to wait for it");
    }

    [Fact]
    public void A_server_of_many_slow_connections_expects_another_one()
    {
        var tally = new PaceTally();
        var connections = new Pace[Many];
        for (int i = 0; i < Many; i++)
        {
            tally.ExpectsWaits.Should().BeFalse();
            connections[i] = new Pace(tally);
            connections[i].NoteWait();
            connections[i].NoteWait();
        }

        new Pace(tally).Waits.Should().BeTrue();
    }

    [Fact]
    public void What_is_quick_again_or_has_ended_no_longer_counts()
    {
        var tally = new PaceTally();
        var connections = new Pace[Many + 1];
        for (int i = 0; i < connections.Length; i++)
        {
            connections[i] = new Pace(tally);
        }

        foreach (ref Pace connection in connections.AsSpan())
        {
            connection.NoteWait();
        }

        NoteQuick(ref connections[0], QuickRuns);
        tally.ExpectsWaits.Should().BeTrue();
        connections[1].End();
        tally.ExpectsWaits.Should().BeFalse();
        connections[1].NoteWait();
        tally.ExpectsWaits.Should().BeFalse("it has ended");
    }

    private static void NoteQuick(ref Pace pace, int times)
    {
        for (int i = 0; i < times; i++)
        {
            pace.NoteQuick();
        }
    }

    private static void NoteTimes(ref Pace pace, int times, long nanoseconds)
    {
        for (int i = 0; i < times; i++)
        {
            pace.NoteTime(nanoseconds, threads: 1);
        }
    }
}
