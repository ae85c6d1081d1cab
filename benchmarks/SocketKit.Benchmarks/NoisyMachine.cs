using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using Perfolizer.Horology;

namespace SocketKit.Benchmarks;

/// <summary>
/// What is measured, how often, and what is shown. Shared machines change their speed within seconds: so many short iterations, and
/// medians in place of means. <c>--job</c> on the command line takes the place of the job.
/// </summary>
internal sealed class NoisyMachine : ManualConfig
{
    private const int Iterations = 30;
    private const int MinWarmups = 10;
    private const int MaxWarmups = 20;

    /// <param name="hasJob">Whether the command line names a job.</param>
    public NoisyMachine(bool hasJob)
    {
        // First, because it sets what is set otherwise below.
        Add(DefaultConfig.Instance);

        if (!hasJob)
        {
            // Tiered compilation replaces code after 30 calls and 100 ms: the warm-up is longer than that.
            AddJob(Job.Default
                .WithIterationTime(TimeInterval.FromMilliseconds(100))
                .WithMinWarmupCount(MinWarmups)
                .WithMaxWarmupCount(MaxWarmups)
                .WithIterationCount(Iterations)
                .WithId("Short"));
        }

        AddDiagnoser(MemoryDiagnoser.Default);
        AddColumn(CategoriesColumn.Default, StatisticColumn.Median, StatisticColumn.Min, StatisticColumn.Max, new MedianRatioColumn());
        HideColumns(Column.Mean, Column.Error, Column.StdDev, Column.Ratio, Column.RatioSD);
        AddLogicalGroupRules(BenchmarkLogicalGroupRule.ByCategory, BenchmarkLogicalGroupRule.ByParams);
        ArtifactsPath = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "benchmarks"));

        // The generated project compiles the library once more, which takes minutes where the machine is busy.
        BuildTimeout = TimeSpan.FromMinutes(10);
    }
}
