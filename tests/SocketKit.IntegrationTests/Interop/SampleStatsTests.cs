using System.Globalization;
using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The collector of statistics and its client as two programs.</summary>
public sealed class SampleStatsTests
{
    [Fact]
    public async Task A_client_finds_the_collector_and_gets_its_report()
    {
        using ChildProcess collector = ChildProcess.StartSample("StatsCollector", "server", "0");
        int port = await collector.PortAfter("clients ask group");
        using ChildProcess client = ChildProcess.StartSample("StatsCollector", "client", Text(port));

        string all = string.Join('\n', await client.End());

        all.Should().ContainAll("found a collector at 127.0.0.1:", "requests: 3", "malformed: 1");
        await collector.LineWith("report to 127.0.0.1:");
    }

    [Fact]
    public async Task A_client_that_nobody_answers_says_so()
    {
        // Bound to loopback, so that no multicast arrives.
        using var taken = UdpEndpoint.Bind("127.0.0.1", 0);
        using ChildProcess client = ChildProcess.StartSample("StatsCollector", "client", Text(taken.Port));

        (await client.End(exitCode: 1)).Should().ContainSingle().Which.Should().Contain($"No collector has answered on port {taken.Port}");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_line_and_status_1()
    {
        using var taken = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0));
        using ChildProcess run = ChildProcess.StartSample("StatsCollector", "server", Text(taken.Port));

        (await run.End(exitCode: 1)).Should().ContainSingle().Which.Should().Contain("AddressAlreadyInUse");
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
