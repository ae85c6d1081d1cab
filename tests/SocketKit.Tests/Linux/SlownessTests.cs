using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Linux;

/// <summary>How long a connection counts as slow, and what it says about its server.</summary>
public sealed class SlownessTests
{
    /// <summary>So many quick runs in a row make a slow connection an ordinary one.</summary>
    private const int QuickRuns = 8;

    /// <summary>So many slow connections make a server that expects the next to be slow.</summary>
    private const int Many = 4;

    [Fact]
    public void Slow_once_is_slow_until_it_was_quick_often_enough_in_a_row()
    {
        Slowness slowness = default;
        slowness.IsSlow.Should().BeFalse();

        slowness.NoteSlow();
        NoteQuick(ref slowness, QuickRuns - 1);
        slowness.NoteSlow();
        NoteQuick(ref slowness, QuickRuns - 1);
        slowness.IsSlow.Should().BeTrue();

        slowness.NoteQuick();
        slowness.IsSlow.Should().BeFalse();
    }

    [Fact]
    public void A_server_of_many_slow_connections_expects_another_one()
    {
        var tally = new SlowTally();
        var connections = new Slowness[Many];
        for (int i = 0; i < Many; i++)
        {
            tally.ExpectsSlow.Should().BeFalse();
            connections[i] = new Slowness(tally);
            connections[i].NoteSlow();
            connections[i].NoteSlow();
        }

        new Slowness(tally).IsSlow.Should().BeTrue();
    }

    [Fact]
    public void What_is_quick_again_or_has_ended_no_longer_counts()
    {
        var tally = new SlowTally();
        var connections = new Slowness[Many + 1];
        for (int i = 0; i < connections.Length; i++)
        {
            connections[i] = new Slowness(tally);
        }

        foreach (ref Slowness connection in connections.AsSpan())
        {
            connection.NoteSlow();
        }

        NoteQuick(ref connections[0], QuickRuns);
        tally.ExpectsSlow.Should().BeTrue();
        connections[1].End();
        tally.ExpectsSlow.Should().BeFalse();
        connections[1].NoteSlow();
        tally.ExpectsSlow.Should().BeFalse("it has ended");
    }

    private static void NoteQuick(ref Slowness slowness, int times)
    {
        for (int i = 0; i < times; i++)
        {
            slowness.NoteQuick();
        }
    }
}
