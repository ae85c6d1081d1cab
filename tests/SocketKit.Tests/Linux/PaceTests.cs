using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Linux;

/// <summary>How long a connection counts as slow, and what it says about its server.</summary>
public sealed class PaceTests
{
    /// <summary>So many quick runs in a row make a slow connection an ordinary one.</summary>
    private const int QuickRuns = 8;

    /// <summary>So many slow connections make a server that expects the next to be slow.</summary>
    private const int Many = 4;

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
}
