namespace SocketKit.IntegrationTests.Kit;

/// <summary>How much the heap grows by some work. What the rest of the process keeps comes once; a leak comes every time, so the least of a few counts shows it.</summary>
internal static class HeapGrowth
{
    private const int Counts = 5;

    public static async Task<long> LeastOfAsync(Func<Task> work)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Counts; i++)
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            await work();
            least = Math.Min(least, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        return least;
    }
}
