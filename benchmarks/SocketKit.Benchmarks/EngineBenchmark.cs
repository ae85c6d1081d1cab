using System.Runtime.InteropServices;
using BenchmarkDotNet.Attributes;

namespace SocketKit.Benchmarks;

/// <summary>A benchmark that runs on each engine that this machine has.</summary>
public abstract class EngineBenchmark
{
    private const string Epoll = "epoll";

    /// <summary>One for the process, because its threads live as long.</summary>
    private static readonly Lazy<SocketEngine> s_epoll = new(static () => OperatingSystem.IsLinux()
        ? SocketEngine.CreateEpoll()
        : throw new PlatformNotSupportedException("The epoll engine needs Linux."));

    public static IEnumerable<string> Engines =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64
            ? [Epoll, "portable"]
            : ["portable"];

    [ParamsSource(nameof(Engines))]
    public string Engine { get; set; } = "portable";

    protected SocketEngine ChosenEngine => Engine == Epoll ? s_epoll.Value : SocketEngine.Portable;
}
