using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Mathematics;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace SocketKit.Benchmarks;

/// <summary>The median by the median of the raw socket in the same group.</summary>
internal sealed class MedianRatioColumn : BaselineCustomColumn
{
    public override string Id => nameof(MedianRatioColumn);

    public override string ColumnName => "MedianRatio";

    public override int PriorityInCategory => 0;

    public override bool IsNumeric => true;

    public override UnitType UnitType => UnitType.Dimensionless;

    public override string Legend => "Median / median of the raw socket";

    public override string GetValue(
        Summary summary,
        BenchmarkCase benchmarkCase,
        Statistics baseline,
        IReadOnlyDictionary<string, Metric> baselineMetrics,
        Statistics current,
        IReadOnlyDictionary<string, Metric> currentMetrics,
        bool isBaseline) => (current.Median / baseline.Median).ToString("F2", CultureInfo.InvariantCulture);
}
