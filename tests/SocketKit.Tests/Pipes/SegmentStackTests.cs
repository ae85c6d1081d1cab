using SocketKit.Sockets.Pipes;

namespace SocketKit.Tests.Pipes;

/// <summary>The bounded stack of segments that nobody uses.</summary>
public sealed class SegmentStackTests
{
    [Fact]
    public void The_segment_that_came_last_is_the_next_one()
    {
        var stack = new SegmentStack(10);
        (PipeSegment first, PipeSegment second) = (new PipeSegment(), new PipeSegment());
        stack.Push(first);
        stack.Push(second);

        stack.Pop().Should().BeSameAs(second);
        stack.Pop().Should().BeSameAs(first);
        stack.Pop().Should().BeNull();
        second.NextSegment.Should().BeNull("it is in no list any more");
    }

    [Fact]
    public void No_more_than_the_bound_are_kept()
    {
        SegmentStack stack = Holding(10, most: 3);

        CountOf(stack).Should().Be(3);
        stack.Push(new PipeSegment());
        CountOf(stack).Should().Be(1, "there is room again");
    }

    [Fact]
    public void A_trim_leaves_those_that_were_of_use_since_the_last_one()
    {
        SegmentStack stack = Holding(10, most: 100);
        stack.Trim();
        PipeSegment[] used = [stack.Pop()!, stack.Pop()!, stack.Pop()!];
        Array.ForEach(used, stack.Push);

        stack.Trim();

        CountOf(stack).Should().Be(3);
    }

    [Fact]
    public void Segments_that_have_just_come_survive_the_first_trim()
    {
        SegmentStack stack = Holding(10, most: 100);

        stack.Trim();

        CountOf(stack).Should().Be(10);
    }

    [Fact]
    public void A_stack_that_nobody_uses_is_empty_after_a_few_full_collections()
    {
        const int Collections = 10;
        SegmentStack stack = Holding(10, most: 100);

        for (int i = 0; i < Collections; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        stack.Pop().Should().BeNull();
    }

    private static SegmentStack Holding(int count, int most)
    {
        var stack = new SegmentStack(most);
        for (int i = 0; i < count; i++)
        {
            stack.Push(new PipeSegment());
        }

        return stack;
    }

    private static int CountOf(SegmentStack stack)
    {
        int count = 0;
        while (stack.Pop() is not null)
        {
            count++;
        }

        return count;
    }
}
