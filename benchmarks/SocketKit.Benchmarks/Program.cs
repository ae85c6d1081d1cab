using System.Reflection;
using BenchmarkDotNet.Running;
using SocketKit.Benchmarks;

var summaries = BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args, new NoisyMachine());
return summaries.All(static summary => !summary.HasCriticalValidationErrors && summary.Reports.All(static report => report.Success))
    ? 0
    : 1;
