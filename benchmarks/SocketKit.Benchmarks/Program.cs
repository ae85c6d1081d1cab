using System.Reflection;
using BenchmarkDotNet.Running;
using SocketKit.Benchmarks;

// BenchmarkDotNet would run a job of the command line beside that of the configuration, and never in its place.
bool hasJob = args.Any(static arg => arg is "-j" or "--job" || arg.StartsWith("--job=", StringComparison.Ordinal));
var summaries = BenchmarkSwitcher.FromAssembly(Assembly.GetExecutingAssembly()).Run(args, new NoisyMachine(hasJob));
return summaries.All(static summary => !summary.HasCriticalValidationErrors && summary.Reports.All(static report => report.Success))
    ? 0
    : 1;
