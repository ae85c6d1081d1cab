using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Network;

/// <summary>Runs of datagrams that the system refuses on their way, in a process and a network of its own.</summary>
public abstract class SegmentTests
{
    private const string ShortPackets = "ip link set lo mtu 1500";

    /// <summary>Every third packet that leaves is refused: send(2) reports EPERM.</summary>
    private const string EveryThird = "iptables -A OUTPUT -p udp -m statistic --mode nth --every 3 --packet 2 -j DROP";

    protected abstract string EngineName { get; }

    [NamespaceFact(ShortPackets)]
    public async Task Datagrams_longer_than_a_packet_go_singly_and_arrive_once()
    {
        foreach (string call in new[] { "segments", "batch" })
        {
            IReadOnlyList<string> lines = await NetProbe.RunAsync(EngineName, NetProbe.Namespace(ShortPackets), call, "1600", "60");

            lines.Should().Equal("went: 60, came: 60", "with offload");
        }
    }

    [NamespaceFact(EveryThird)]
    public async Task A_run_that_is_refused_in_the_middle_tells_exactly_what_went()
    {
        IReadOnlyList<string> lines = await NetProbe.RunAsync(EngineName, NetProbe.Namespace(EveryThird), "segments", "100", "250");

        lines.Should().Equal("went: 128, came: 128", "went: 122, came: 122", "with offload");
    }

    /// <summary>The kernel says EIO where the way out computes no checksums. Only the second run of the call meets it.</summary>
    [NamespaceFact("strace -qq -o /dev/null true")]
    public async Task A_run_that_the_way_out_cannot_cut_goes_singly_from_there_on()
    {
        string[] strace =
            ["env", "DOTNET_EnableDiagnostics=0", "strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=sendmsg:error=EIO:when=2"];
        IReadOnlyList<string> lines =
            await NetProbe.RunAsync(EngineName, [.. NetProbe.Namespace(":"), .. strace], "segments", "100", "150");

        lines.Should().Equal("went: 150, came: 150", "without offload");
    }

    [NamespaceFact("strace -qq -o /dev/null true")]
    public async Task A_batch_that_the_way_out_cannot_cut_goes_singly()
    {
        string[] strace =
            ["env", "DOTNET_EnableDiagnostics=0", "strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=sendmmsg:error=EIO:when=1"];
        IReadOnlyList<string> lines =
            await NetProbe.RunAsync(EngineName, [.. NetProbe.Namespace(":"), .. strace], "batch", "100", "150");

        lines.Should().Equal("went: 150, came: 150", "without offload");
    }
}

public sealed class SegmentTests_Portable : SegmentTests
{
    protected override string EngineName => "portable";
}

public sealed class SegmentTests_Epoll : SegmentTests
{
    protected override string EngineName => "epoll";
}
