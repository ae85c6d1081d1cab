using System.Reflection;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Running;

// The generated project compiles the library once more, which takes minutes where the machine is busy.
IConfig config = ManualConfig.Create(DefaultConfig.Instance).WithBuildTimeout(TimeSpan.FromMinutes(10));
var summaries = BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args, config);
return summaries.All(static summary => !summary.HasCriticalValidationErrors && summary.Reports.All(static report => report.Success))
    ? 0
    : 1;
