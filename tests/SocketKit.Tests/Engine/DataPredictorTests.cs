using SocketKit.Engine.Portable;

namespace SocketKit.Tests.Engine;

public sealed class DataPredictorTests
{
    [Fact]
    public void A_hint_is_believed_at_first()
    {
        DataPredictor guess = default;

        guess.Hint();

        guess.ExpectsData.Should().BeTrue();
    }

    [Fact]
    public void Messages_as_long_as_the_buffer_cost_few_receives_in_vain()
    {
        DataPredictor guess = default;
        int inVain = 0;

        for (int message = 0; message < 1000; message++)
        {
            guess.Hint();
            inVain += Try(ref guess, isThere: false);
        }

        inVain.Should().BeInRange(1, 25);
    }

    [Fact]
    public void A_peer_whose_answer_is_now_and_then_there_already_costs_few_receives_in_vain()
    {
        DataPredictor guess = default;
        var random = new Random(1);
        int inVain = 0;

        for (int message = 0; message < 10_000; message++)
        {
            bool isThere = random.Next(7) == 0;
            inVain += Try(ref guess, isThere);
            if (isThere)
            {
                guess.Hint();
            }
        }

        inVain.Should().BeInRange(1, 200);
    }

    [Fact]
    public void A_stream_costs_one_receive_in_vain_per_pause()
    {
        DataPredictor guess = default;
        int waits = 0;

        for (int pause = 0; pause < 100; pause++)
        {
            for (int message = 0; message < 20; message++)
            {
                waits += guess.ExpectsData ? 0 : 1;
                Try(ref guess, isThere: true);
                guess.Hint();
            }

            Try(ref guess, isThere: false);
        }

        waits.Should().BeLessThan(500, "most receives of a stream are made without a wait before");
    }

    /// <summary>One receive; 1 if it was made on a guess, and in vain.</summary>
    private static int Try(ref DataPredictor guess, bool isThere)
    {
        if (!guess.ExpectsData)
        {
            return 0;
        }

        if (isThere)
        {
            guess.NoteRight();
            return 0;
        }

        guess.NoteWrong();
        return 1;
    }
}
