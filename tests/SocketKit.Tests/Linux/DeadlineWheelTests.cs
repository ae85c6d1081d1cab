using System.Diagnostics;
using SocketKit.Engine;
using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Linux;

/// <summary>The clock of a loop, on the real monotonic clock: nothing early, nothing forgotten.</summary>
public sealed class DeadlineWheelTests
{
    private static readonly TimeSpan s_hang = TimeSpan.FromSeconds(30);

    private readonly DeadlineWheel _wheel = new();

    [Fact]
    public void An_empty_wheel_waits_for_ever()
    {
        _wheel.NextWait().Should().Be(Timeout.Infinite);
        _wheel.Advance();
        _wheel.NextWait().Should().Be(Timeout.Infinite);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(260)]
    public void A_deadline_is_looked_at_when_it_has_passed(int milliseconds)
    {
        var node = new Node(TimeSpan.FromMilliseconds(milliseconds));
        _wheel.Link(node);

        RunUntil(() => node.HasEnded);

        _wheel.NextWait().Should().Be(Timeout.Infinite);
        node.IsLinked.Should().BeFalse();
    }

    [Fact]
    public void Many_deadlines_end_each_in_its_own_time()
    {
        Node[] nodes = [.. Enumerable.Range(0, 400).Select(static i => new Node(TimeSpan.FromMilliseconds(i * 37 % 300)))];
        Array.ForEach(nodes, _wheel.Link);

        RunUntil(() => Array.TrueForAll(nodes, static node => node.HasEnded));

        _wheel.NextWait().Should().Be(Timeout.Infinite);
    }

    [Fact]
    public void A_nearer_deadline_of_a_linked_node_counts()
    {
        var node = new Node(TimeSpan.FromMinutes(1));
        _wheel.Link(node);
        node.Set(TimeSpan.FromMilliseconds(5));
        node.NeedsLink.Should().BeTrue();

        _wheel.Link(node);

        RunUntil(() => node.HasEnded);
    }

    [Fact]
    public void A_later_deadline_of_a_linked_node_costs_nothing_now_and_is_kept()
    {
        var node = new Node(TimeSpan.FromMilliseconds(5));
        _wheel.Link(node);
        node.Set(TimeSpan.FromMilliseconds(150));
        node.NeedsLink.Should().BeFalse("the clock looks at it earlier, and finds the new one");

        RunUntil(() => node.HasEnded);
    }

    [Fact]
    public void A_node_without_a_deadline_is_let_go()
    {
        var node = new Node(TimeSpan.FromMilliseconds(5));
        _wheel.Link(node);
        node.Set(Timeout.InfiniteTimeSpan);

        RunUntil(() => !node.IsLinked);

        node.HasEnded.Should().BeFalse();
        _wheel.NextWait().Should().Be(Timeout.Infinite);
    }

    [Fact]
    public void The_wait_ends_no_later_than_the_next_slot()
    {
        _wheel.Link(new Node(TimeSpan.FromMilliseconds(40)));
        _wheel.NextWait().Should().BeInRange(0, 43);
        _wheel.Link(new Node(TimeSpan.FromSeconds(40)));
        _wheel.NextWait().Should().BeInRange(0, 43);
    }

    /// <summary>As the loop does: sleep until the next slot, then look.</summary>
    private void RunUntil(Func<bool> condition)
    {
        long start = Stopwatch.GetTimestamp();
        using var sleep = new ManualResetEventSlim();
        while (!condition())
        {
            Stopwatch.GetElapsedTime(start).Should().BeLessThan(s_hang);
            sleep.Wait(Math.Max(0, _wheel.NextWait()));
            _wheel.Advance();
        }
    }

    private sealed class Node : DeadlineNode
    {
        private Deadline _deadline;

        public Node(TimeSpan time) => Set(time);

        public override Deadline Deadline => _deadline;

        public bool HasEnded { get; private set; }

        public void Set(TimeSpan time) => _deadline = Deadline.After(time);

        public override void OnDeadline()
        {
            if (_deadline.HasPassed)
            {
                HasEnded = true;
                _deadline = Deadline.Infinite;
            }
        }

        protected override void Recycle()
        {
        }
    }
}
