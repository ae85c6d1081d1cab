using System.Diagnostics;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>For states that nothing announces: looks again until they are there, and fails when they never are.</summary>
internal static class Eventually
{
    public static async Task BeTrueAsync(Func<bool> condition, string because)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > Limits.Hang)
            {
                condition().Should().BeTrue(because);
                return;
            }

            await Task.Yield();
        }
    }

    /// <summary>The same for a number, which the failure then tells.</summary>
    public static async Task BeAsync(Func<int> number, int expected, string because)
    {
        long start = Stopwatch.GetTimestamp();
        while (number() != expected)
        {
            if (Stopwatch.GetElapsedTime(start) > Limits.Hang)
            {
                number().Should().Be(expected, because);
                return;
            }

            await Task.Yield();
        }
    }
}
