using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>RawPing across a router, in network namespaces of the test's own.</summary>
public sealed class SamplePingTests
{
    /// <summary>This namespace, a router and a target behind it. /run is private, so that nothing of the namespaces stays.</summary>
    private const string Router =
        "mount -t tmpfs none /run; ip netns add r; ip netns add t; "
        + "ip link add va type veth peer name vb netns r; ip -n r link add vc type veth peer name vd netns t; "
        + "ip addr add 10.50.1.2/24 dev va; ip link set va up; "
        + "ip -n r addr add 10.50.1.1/24 dev vb; ip -n r link set vb up; ip -n r addr add 10.50.2.1/24 dev vc; ip -n r link set vc up; "
        + "ip -n t addr add 10.50.2.2/24 dev vd; ip -n t link set vd up; ip netns exec r sysctl -qw net.ipv4.ip_forward=1; "
        + "ip route add default via 10.50.1.1; ip -n t route add default via 10.50.2.1";

    [NamespaceFact(Router)]
    public async Task Trace_names_the_router_and_ends_at_the_target()
    {
        using ChildProcess run = ChildProcess.StartSampleWith(NetProbe.Namespace(Router), "RawPing", "10.50.2.2", "--trace");

        IReadOnlyList<string> lines = await run.End();

        lines.Should().HaveCount(3);
        lines[0].Should().Be("TRACE 10.50.2.2 (10.50.2.2)");
        lines[1].Should().StartWith(" 1  10.50.1.1  ").And.EndWith("路由器");
        lines[2].Should().StartWith(" 2  10.50.2.2  ").And.EndWith("目标");
    }

    [NamespaceFact(Router)]
    public async Task A_ping_across_the_router_counts_its_replies()
    {
        using ChildProcess run = ChildProcess.StartSampleWith(
            NetProbe.Namespace(Router), "RawPing", "10.50.2.2", "-c", "5", "-i", "0.01", "-s", "1400");

        IReadOnlyList<string> lines = await run.End();

        lines.Should().HaveCount(8);
        lines[5].Should().StartWith("来自 10.50.2.2 的回复: 序号=5 ");
        lines[6].Should().Be("已发送 5 个，收到 5 个，丢失 0 个 (0%)");
        lines[7].Should().StartWith("最短/平均/最长 = ");
    }

    [NamespaceFact(Router)]
    public async Task A_target_that_is_not_there_loses_all()
    {
        using ChildProcess run = ChildProcess.StartSampleWith(
            NetProbe.Namespace(Router), "RawPing", "10.50.3.3", "-c", "2", "-i", "0");

        (await run.End())[^1].Should().Be("已发送 2 个，收到 0 个，丢失 2 个 (100%)");
    }

    [IPv6RootFact]
    public async Task IPv6_is_pinged_too()
    {
        using ChildProcess run = ChildProcess.StartSample("RawPing", "::1", "-c", "2", "-i", "0");

        IReadOnlyList<string> lines = await run.End();

        lines[0].Should().Be("PING ::1 (::1)");
        lines[3].Should().Be("已发送 2 个，收到 2 个，丢失 0 个 (0%)");
    }
}
