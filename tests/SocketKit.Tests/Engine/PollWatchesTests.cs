using SocketKit.Engine.Polling;

namespace SocketKit.Tests.Engine;

public sealed class PollWatchesTests
{
    private PollWatches _watches;

    [Fact]
    public void Every_watch_is_told_of_the_close_once()
    {
        Watch[] watches = [new(), new(), new()];
        foreach (Watch watch in watches)
        {
            _watches.Add(watch).Should().Be(PollWatches.Added.Done);
            _watches.Find(watch.Owner).Should().BeSameAs(watch);
        }

        _watches.Remove(watches[1]);
        _watches.Find(watches[1].Owner).Should().BeNull();
        _watches.IsEmpty.Should().BeFalse();
        _watches.NoteHeld();
        _watches.Close();
        _watches.Close();

        watches.Select(static watch => watch.Closes).Should().Equal(1, 0, 1);
        watches.Select(static watch => watch.Holds).Should().Equal(1, 0, 1);
        _watches.Find(watches[0].Owner).Should().BeNull();
        _watches.Add(watches[0]).Should().Be(PollWatches.Added.Closed);
        _watches.TryRefuse().Should().BeTrue("nobody watches");
        _watches.Allow();
        _watches.Add(watches[0]).Should().Be(PollWatches.Added.Closed, "a close is for good");
    }

    [Fact]
    public void Who_reads_ahead_and_who_watches_exclude_each_other()
    {
        var watch = new Watch();
        _watches.Add(watch);
        _watches.TryRefuse().Should().BeFalse();
        _watches.Remove(watch);
        _watches.IsEmpty.Should().BeTrue();
        _watches.TryRefuse().Should().BeTrue();
        _watches.TryRefuse().Should().BeTrue("it is so already");
        _watches.Add(watch).Should().Be(PollWatches.Added.Refused);
        _watches.Remove(watch);
        _watches.Add(watch).Should().Be(PollWatches.Added.Refused, "a removal changes nothing");
        _watches.Allow();
        _watches.Add(watch).Should().Be(PollWatches.Added.Done);
        watch.Closes.Should().Be(0);
    }

    [Fact]
    public void Watches_come_and_go_on_many_threads_and_none_is_lost()
    {
        Watch[] staying = [.. Enumerable.Range(0, 4).Select(static _ => new Watch())];
        Parallel.ForEach(staying, watch =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                _watches.Add(watch);
                _watches.Remove(watch);
            }

            _watches.Add(watch);
        });

        staying.Should().OnlyContain(watch => _watches.Find(watch.Owner) == watch);
        _watches.Close();
        staying.Should().OnlyContain(static watch => watch.Closes == 1);
    }

    private sealed class Watch : PollWatch
    {
        public override object Owner { get; } = new();

        public int Closes { get; private set; }

        public int Holds { get; private set; }

        public override void OnClosing() => Closes++;

        public override void OnHeld() => Holds++;
    }
}
