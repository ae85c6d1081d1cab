using SocketKit.Engine;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Linux;

/// <summary>The two signals of a service in the word of one connection.</summary>
public sealed class ServiceSignalTests
{
    private DescriptorState<FreeStep> _word = DescriptorState<FreeStep>.Fresh;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_signal_claims_the_operations_that_follow_it_and_no_others(bool isEnding)
    {
        (ServiceSignal given, ServiceSignal other) = Signals(isEnding);
        Arm(Direction.Receive, given).Should().Be(ArmOutcome.Armed);
        Arm(Direction.Send, other).Should().Be(ArmOutcome.Armed);

        _word.Stop(given).Should().Be(Claims.Receive);

        _word.Stop(given).Should().Be(Claims.None, "it was handed over");
        _word.Stop(other).Should().Be(Claims.Send);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void After_a_signal_operations_that_follow_it_do_not_arm_and_others_do(bool isEnding)
    {
        (ServiceSignal given, ServiceSignal other) = Signals(isEnding);
        _word.Stop(given).Should().Be(Claims.None);

        Arm(Direction.Receive, given).Should().Be(ArmOutcome.Canceled);
        Arm(Direction.Send, other).Should().Be(ArmOutcome.Armed);
    }

    [Fact]
    public void An_operation_that_ended_leaves_no_mark_for_the_next_one()
    {
        Arm(Direction.Receive, ServiceSignal.Stopping).Should().Be(ArmOutcome.Armed);
        _word.Claim(Direction.Receive).Should().BeTrue();
        _word.End(Direction.Receive, ready: false);

        Arm(Direction.Receive, ServiceSignal.None).Should().Be(ArmOutcome.Armed);

        _word.Stop(ServiceSignal.Stopping).Should().Be(Claims.None);
        _word.Stop(ServiceSignal.Ending).Should().Be(Claims.None);
    }

    private static (ServiceSignal Given, ServiceSignal Other) Signals(bool isEnding) =>
        isEnding ? (ServiceSignal.Ending, ServiceSignal.Stopping) : (ServiceSignal.Stopping, ServiceSignal.Ending);

    private ArmOutcome Arm(Direction direction, ServiceSignal signal)
    {
        _word.Begin(direction);
        return _word.Arm(direction, signal);
    }
}
