namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// How much the heap grows by some work. What the rest of the process keeps comes once; a leak comes every time, so one of a few counts
/// without it is enough.
/// </summary>
internal static class HeapGrowth
{
    private const int Counts = 5;

    /// <summary>Counts until the growth is below the limit, a few times at most.</summary>
    public static async Task ShouldStayBelowAsync(long limit, Func<Task> work)
    {
        long growth = long.MaxValue;
        for (int i = 0; i < Counts && growth >= limit; i++)
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            await work();
            growth = Math.Min(growth, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        growth.Should().BeLessThan(limit);
    }
}
