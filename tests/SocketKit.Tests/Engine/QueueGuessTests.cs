using SocketKit.Engine.Streams;

namespace SocketKit.Tests.Engine;

public sealed class QueueGuessTests
{
    [Fact]
    public void A_full_buffer_hints_at_more()
    {
        QueueGuess guess = default;

        guess.NoteFullBuffer();

        guess.ExpectsData.Should().BeTrue();
    }

    [Fact]
    public void Messages_as_long_as_the_buffer_cost_few_receives_in_vain()
    {
        QueueGuess guess = default;
        int inVain = 0;

        for (int message = 0; message < 1000; message++)
        {
            guess.NoteFullBuffer();
            inVain += guess.ExpectsData ? 1 : 0;
            guess.NoteEmpty();
        }

        inVain.Should().BeInRange(1, 25);
    }

    [Fact]
    public void A_stream_of_full_buffers_restores_the_trust()
    {
        QueueGuess guess = default;
        for (int message = 0; message < 100; message++)
        {
            guess.NoteFullBuffer();
            guess.NoteEmpty();
        }

        guess.NoteQueued();
        guess.NoteFullBuffer();
        guess.NoteEmpty();
        guess.NoteFullBuffer();
        guess.ExpectsData.Should().BeFalse("one wrong guess was made since");
        guess.NoteFullBuffer();

        guess.ExpectsData.Should().BeTrue();
    }
}
