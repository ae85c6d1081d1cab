using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Linux;

/// <summary>When the work of a server is shared out to several threads, and when that ends because they only wait for each other.</summary>
public sealed class SharingTrialTests
{
    private const int Processors = 2;
    private const int Runs = Processors * SharingTrial.RunsPerProcessor;
    private const int Alone = 16_000;
    private const int Gaining = 20_000;
    private const int Contended = 46_000;

    private readonly SharingTrial _trial = new(Processors);

    [Fact]
    public void Work_is_shared_but_for_short_trials_while_threads_get_it_done_sooner()
    {
        for (int round = 0; round < 10; round++)
        {
            Play(Gaining).Should().Be((Runs, SharingTrial.TrialRuns));
        }
    }

    [Fact]
    public void Work_under_a_lock_that_all_share_is_not_shared_any_more_after_a_few_rounds()
    {
        for (int round = 0; round < SharingTrial.Rounds; round++)
        {
            Play(Contended).Should().Be((Runs, SharingTrial.TrialRuns));
        }

        Play(Contended).Should().Be((SharingTrial.TrialRuns, Runs), "one thread is as fast");
        Play(Contended).Should().Be((SharingTrial.TrialRuns, Runs));
    }

    [Fact]
    public void Work_is_shared_again_once_its_threads_no_longer_wait_for_each_other()
    {
        for (int round = 0; round < SharingTrial.Rounds; round++)
        {
            Play(Contended);
        }

        Play(Gaining).Should().Be((SharingTrial.TrialRuns, Runs));
        Play(Gaining).Should().Be((Runs, SharingTrial.TrialRuns));
    }

    [Fact]
    public void A_round_that_was_disturbed_changes_nothing()
    {
        for (int round = 0; round < SharingTrial.Rounds - 1; round++)
        {
            Play(Contended);
        }

        Play(Gaining);
        Play(Contended).Should().Be((Runs, SharingTrial.TrialRuns));
        Play(Contended).Should().Be((Runs, SharingTrial.TrialRuns));
    }

    [Fact]
    public void Runs_without_a_processor_do_not_speak_against_sharing()
    {
        const int interrupted = 3_000_000;
        for (int round = 0; round < 10; round++)
        {
            Play(run => run % 100 == 0 && round > 0 ? interrupted : Gaining).Should().Be((Runs, SharingTrial.TrialRuns));
        }
    }

    [Fact]
    public void Runs_that_never_meet_others_say_nothing()
    {
        for (int run = 0; run < 10 * Runs; run++)
        {
            _trial.Note(Contended, threads: 1);
        }

        PlayToTurn();
        Play(Gaining).Should().Be((Runs, SharingTrial.TrialRuns));
    }

    /// <summary>Plays one round. Returns how many runs were shared, and how many were not.</summary>
    private (int Shared, int Alone) Play(long together) => Play(_ => together);

    private (int Shared, int Alone) Play(Func<int, long> together)
    {
        int shared = 0;
        for (int run = 0; run < Runs + SharingTrial.TrialRuns; run++)
        {
            bool isShared = _trial.IsOn;
            shared += isShared ? 1 : 0;
            _trial.Note(isShared ? together(run) : Alone, isShared ? Processors : 1);
        }

        return (shared, Runs + SharingTrial.TrialRuns - shared);
    }

    /// <summary>Plays until a round begins.</summary>
    private void PlayToTurn()
    {
        while (_trial.IsOn)
        {
            _trial.Note(Alone, threads: 1);
        }

        while (!_trial.IsOn)
        {
            _trial.Note(Alone, threads: 1);
        }
    }
}
