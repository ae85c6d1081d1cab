using System.Diagnostics;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>For states that nothing announces: looks again until they are there, and fails when they never are.</summary>
internal static class Eventually
{
    public static Task BeTrueAsync(Func<bool> condition, string because) =>
        HoldAsync(condition, () => condition().Should().BeTrue(because));

    /// <summary>The same for a number, which the failure then tells.</summary>
    public static Task BeAsync(Func<int> number, int expected, string because) =>
        HoldAsync(() => number() == expected, () => number().Should().Be(expected, because));

    private static async Task HoldAsync(Func<bool> condition, Action lastLook)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Limits.Hang)
            {
                lastLook();
                return;
            }

            await Task.Yield();
        }
    }
}
