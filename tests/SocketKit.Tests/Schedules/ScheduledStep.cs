using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Tests.Schedules;

/// <summary>In tests: the schedule picks who goes on. On a thread that plays no actor, and inside a check or condition, nothing.</summary>
internal readonly struct ScheduledStep : IStep
{
    public static void Take() => Schedule.Pause(condition: null);

    public static void FenceAll() => Schedule.FenceAll();
}
