using System.Collections;
using System.Runtime.InteropServices;

namespace SocketKit.Compare;

/// <summary>On what the figures were measured.</summary>
internal sealed record MachineFacts(
    string Processor, int Processors, string MemoryGiB, string System, string Kernel, string Architecture, string Runtime,
    IReadOnlyList<string> Settings)
{
    private const string CpuInfo = "/proc/cpuinfo";
    private const string ModelName = "model name";

    public static MachineFacts Read() => new(
        ProcessorName(),
        Environment.ProcessorCount,
        Text.Of($"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30):0.0}"),
        RuntimeInformation.OSDescription,
        Environment.OSVersion.Version.ToString(),
        RuntimeInformation.OSArchitecture.ToString(),
        RuntimeInformation.FrameworkDescription,
        RuntimeSettings());

    private static string ProcessorName()
    {
        string? line = File.Exists(CpuInfo)
            ? File.ReadLines(CpuInfo).FirstOrDefault(static line => line.StartsWith(ModelName, StringComparison.Ordinal))
            : null;
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }

    /// <summary>Environment variables that change how managed servers run.</summary>
    private static List<string> RuntimeSettings() =>
    [
        .. Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .Select(static variable => $"{variable.Key}={variable.Value}")
            .Where(static text => ChangesServers(text))
            .Order(StringComparer.Ordinal),
    ];

    private static bool ChangesServers(string text) =>
        Array.Exists(["DOTNET_gc", "DOTNET_GC", "DOTNET_Tier", "DOTNET_TC", "DOTNET_Ready", "DOTNET_SYSTEM_NET_SOCKETS"],
            prefix => text.StartsWith(prefix, StringComparison.Ordinal));
}
