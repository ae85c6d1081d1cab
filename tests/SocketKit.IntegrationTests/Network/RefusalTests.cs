using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Network;

/// <summary>What is said where the system refuses sockets: no IPv6, no descriptor, no registration.</summary>
public abstract class RefusalTests
{
    private const string NoIPv6 = "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1";

    protected abstract string EngineName { get; }

    [NamespaceFact(NoIPv6)]
    public async Task Where_IPv6_is_switched_off_the_message_says_so()
    {
        IReadOnlyList<string> lines = await NetProbe.RunAsync(EngineName, NetProbe.Namespace(NoIPv6), "no-ipv6");

        lines.Should().HaveCount(14).And.OnlyContain(static line => line.Contains("IPv6 is not available on this machine"));
        lines[0].Should().Be(
            "Connect ::1: SocketConnectException: connect to [::1]:80 failed: "
            + "IPv6 is not available on this machine: it is switched off or not installed (AddressNotAvailable).");
        lines.Should().Contain(static line => line.StartsWith("Listen ::1: ") && line.Contains(": listen on [::1]:80 failed: "));
        lines.Should().Contain(static line =>
            line.StartsWith("SendTo ::1: ") && line.Contains(": send on ") && line.Contains(" → [::1]:80 failed: "));
    }

    [LinuxFact("prlimit", "env")]
    public async Task Without_a_descriptor_the_error_names_operation_and_address()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sk");
        try
        {
            // Code that is compiled in the background, or collected there, takes threads, and those descriptors.
            string[] starter = ["prlimit", "--nofile=2000:2000", "env", "DOTNET_TieredCompilation=0", "DOTNET_gcConcurrent=0"];
            string path = Path.Combine(folder.FullName, "s");
            IReadOnlyList<string> lines = await NetProbe.RunAsync(EngineName, starter, "no-descriptors", path);

            const string None = "the process or the system has no descriptor left (TooManyOpenSockets).";
            lines.Where(static line => line.StartsWith("Connect", StringComparison.Ordinal))
                .Should().HaveCount(6).And.OnlyContain(static line => line.Contains(": SocketConnectException: connect to "))
                .And.OnlyContain(static line => line.EndsWith("(TooManyOpenSockets)."));
            lines.Should().Contain($"Connect Unix: SocketConnectException: connect to PATH failed: {None}");
            lines.Should().ContainSingle(static line => line.StartsWith("Connect name: ") && line.Contains("localhost:"));
            lines.Should().Contain(line => line.StartsWith("Listen: ") && line.EndsWith($": listen on 127.0.0.1:0 failed: {None}"));
            lines.Should().Contain(line => line.StartsWith("Listen Unix: ") && line.EndsWith($": listen on PATH.other failed: {None}"));
            lines.Should().Contain(line => line.StartsWith("Bind: ") && line.EndsWith($": bind on 127.0.0.1:0 failed: {None}"));
            lines.Should().Contain(line => line.StartsWith("Bind datagrams: ") && line.EndsWith($": bind on PATH.other failed: {None}"));
            lines.Should().Contain(line =>
                line.StartsWith("Open raw: ") && (line.Contains("AccessDenied") || line.EndsWith($" failed: {None}")));
            const string PairRefused = $"SocketOperationException: create pair of Unix sockets failed: {None}";
            lines.Should().Contain(line => line.StartsWith("CreatePair: ") && line.EndsWith($": listen on 127.0.0.1:0 failed: {None}"));
            lines.Should().Contain($"CreatePair Unix: {PairRefused}").And.Contain($"CreatePair datagrams: {PairRefused}");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

public sealed class RefusalTests_Portable : RefusalTests
{
    protected override string EngineName => "portable";
}

public sealed class RefusalTests_Epoll : RefusalTests
{
    protected override string EngineName => "epoll";

    /// <summary>One loop, whose own descriptor is registered on the main thread; each thread counts its calls.</summary>
    [NamespaceFact("strace -qq -o /dev/null true")]
    public async Task A_descriptor_that_epoll_refuses_is_a_failed_attempt()
    {
        string[] env = ["env", "DOTNET_EnableDiagnostics=0", "DOTNET_PROCESSOR_COUNT=1"];
        string[] strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=epoll_ctl:error=ENOSPC:when=3+"];
        IReadOnlyList<string> lines = await NetProbe.RunAsync(
            EngineName, [.. NetProbe.Namespace(":"), .. env, .. strace], "no-registration");

        lines.Should().Equal("SocketConnectException SocketError");
    }
}
