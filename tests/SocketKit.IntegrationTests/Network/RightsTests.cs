using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Network;

/// <summary>What a process is told that lacks a right, and what it may do without.</summary>
public abstract class RightsTests
{
    private const string NoPing = "sysctl -qw net.ipv4.ping_group_range='1 0'";
    private const string PingForAll = "sysctl -qw net.ipv4.ping_group_range='0 2147483647'";

    protected abstract string EngineName { get; }

    [NamespaceFact(NoPing + "; setpriv --bounding-set=-net_raw --inh-caps=-net_raw true")]
    public async Task Without_the_right_of_raw_sockets_the_error_names_it()
    {
        IReadOnlyList<string> lines = await NetProbe.RunAsync(
            EngineName, [.. NetProbe.Namespace(NoPing), .. NetProbe.Without("net_raw")], "raw");

        lines
            .Should().HaveCount(4)
            .And.OnlyContain(static line =>
                line.Contains("SocketOperationException AccessDenied: open on ") && line.Contains("CAP_NET_RAW"));
    }

    [NamespaceFact(PingForAll + "; setpriv --bounding-set=-net_raw --inh-caps=-net_raw true; ip -6 route get ::1 > /dev/null")]
    public async Task Where_ICMP_is_allowed_to_all_it_needs_no_right()
    {
        IReadOnlyList<string> lines = await NetProbe.RunAsync(
            EngineName, [.. NetProbe.Namespace(PingForAll), .. NetProbe.Without("net_raw")], "icmp");

        lines.Should().Equal("ICMP: unprivileged, 8 bytes, reply 7", "ICMPv6: unprivileged, 8 bytes, reply 7");
    }

    [NamespaceFact("setpriv --bounding-set=-net_bind_service --inh-caps=-net_bind_service true")]
    public async Task A_port_can_be_privileged_invalid_or_left_to_the_system()
    {
        IReadOnlyList<string> lines = await NetProbe.RunAsync(
            EngineName, [.. NetProbe.Namespace(":"), .. NetProbe.Without("net_bind_service")], "listen", "80", "0", "-1", "65536");

        lines.Should().Equal(
            "TCP 80: SocketOperationException AccessDenied",
            "UDP 80: SocketOperationException AccessDenied",
            "TCP 0: listens",
            "UDP 0: is bound",
            "TCP -1: ArgumentOutOfRangeException",
            "UDP -1: ArgumentOutOfRangeException",
            "TCP 65536: ArgumentOutOfRangeException",
            "UDP 65536: ArgumentOutOfRangeException");
    }

    [LinuxFact]
    public async Task A_path_is_the_owner_s_alone_also_where_the_umask_forbids_nothing()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sk");
        try
        {
            IReadOnlyList<string> lines = await NetProbe.RunAsync(
                EngineName, ["sh", "-c", "umask 0; exec \"$@\"", "sh"], "modes", folder.FullName);

            lines.Should().Equal("umask: 666", "server: 600", "datagrams: 600");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

public sealed class RightsTests_Portable : RightsTests
{
    protected override string EngineName => "portable";
}

public sealed class RightsTests_Epoll : RightsTests
{
    protected override string EngineName => "epoll";
}
