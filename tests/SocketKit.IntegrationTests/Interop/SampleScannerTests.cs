using System.Globalization;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The port scanner.</summary>
public sealed class SampleScannerTests
{
    [Fact]
    public async Task It_names_the_open_port_among_those_that_it_was_given()
    {
        await using var open = TcpServer.Listen("127.0.0.1", 0);
        using ChildProcess scan = ChildProcess.StartSample("PortScanner", "127.0.0.1", Text(open.Port), Text(open.Port));

        (await scan.End()).Should().HaveCount(2).And.Contain($"127.0.0.1:{open.Port} is open");
    }

    [Fact]
    public async Task A_host_without_an_address_is_one_line_and_status_1()
    {
        using ChildProcess scan = ChildProcess.StartSample("PortScanner", "no-such-host.invalid", "1", "1000");

        (await scan.End(exitCode: 1)).Should().ContainSingle().Which.Should().Contain("no-such-host.invalid");
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
