using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Linux;

/// <summary>When a loop that polls tries the receives of its last targets, and when it asks epoll.</summary>
public sealed class RecentEventsTests
{
    private const int Long = 1_000;

    private RecentEvents _events = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(RecentEvents.Few)]
    public void A_few_targets_are_tried_and_every_fourth_look_asks_epoll(int targets)
    {
        NoteEach(targets, Long);

        for (int look = 0; look < Long; look++)
        {
            bool[] looks = [.. Enumerable.Range(0, 4).Select(_ => _events.IsToTry())];
            looks.Count(static tries => tries).Should().Be(3);
        }

        _events.Keys.ToArray().Should().BeEquivalentTo(Enumerable.Range(1, targets).Select(static target => (ulong)target));
    }

    [Fact]
    public void With_one_target_more_epoll_is_always_asked()
    {
        NoteEach(RecentEvents.Few + 1, Long);
        Enumerable.Range(0, Long).Any(_ => _events.IsToTry()).Should().BeFalse();
    }

    [Fact]
    public void A_target_too_many_ends_the_tries_until_the_targets_are_few_again()
    {
        NoteEach(RecentEvents.Few, Long);
        _events.Note(1_000);
        Tries().Should().BeFalse();

        NoteEach(2, Long);
        Tries().Should().BeTrue();
        _events.Keys.ToArray().Should().BeEquivalentTo([1UL, 2UL]);
    }

    [Fact]
    public void A_target_that_a_round_of_events_does_not_name_is_dropped_and_the_tries_go_on()
    {
        NoteEach(3, Long);

        NoteEach(1, 2 * RecentEvents.Round);

        _events.Keys.ToArray().Should().Equal(1UL);
        Tries().Should().BeTrue();
    }

    [Fact]
    public void A_target_that_comes_while_there_is_room_is_tried_at_once()
    {
        NoteEach(1, Long);

        _events.Note(2);

        Tries().Should().BeTrue();
        _events.Keys.ToArray().Should().Equal(1UL, 2UL);
    }

    private bool Tries() => Enumerable.Range(0, 4).Any(_ => _events.IsToTry());

    private void NoteEach(int targets, int times)
    {
        for (int i = 0; i < times; i++)
        {
            for (int target = 1; target <= targets; target++)
            {
                _events.Note((ulong)target);
            }
        }
    }
}
