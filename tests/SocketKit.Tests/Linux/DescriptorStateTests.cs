using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Linux;

/// <summary>The state word by itself, on one thread; its races are played by <c>StreamScheduleTests</c>.</summary>
public sealed class DescriptorStateTests
{
    /// <summary>14 bits of callers, less one place for the close.</summary>
    private const int MostCallers = (1 << 14) - 2;

    [Fact]
    public void A_caller_too_many_is_refused_and_the_count_stays_right()
    {
        var state = DescriptorState<FreeStep>.Fresh;
        for (int i = 0; i < MostCallers; i++)
        {
            state.TryEnter().Should().BeTrue();
        }

        Assert.Throws<InvalidOperationException>(() => state.TryEnter());

        state.BeginClose(out bool others).Should().Be(Claims.None);
        others.Should().BeTrue();
        for (int i = 0; i < MostCallers; i++)
        {
            state.Exit().Should().BeFalse();
        }

        state.Exit().Should().BeTrue("the closing thread is the last one out");
    }
}
