using System.Globalization;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The resolver against a name server in Python that answers well, badly and not at all.</summary>
public sealed class SampleDnsTests
{
    [ToolTheory("python3")]
    [InlineData("alias.example", "192.0.2.7", "2001:db8::7")]
    [InlineData("ALIAS.example.", "192.0.2.7", "2001:db8::7")]
    [InlineData("lossy.example", "192.0.2.7", "2001:db8::7")]
    [InlineData("forged.example", "192.0.2.7", "2001:db8::7")]
    [InlineData("cut.example", "the answer is too long for a datagram", "the answer is too long for a datagram")]
    [InlineData("unknown.example", "there is no such name", "there is no such name")]
    [InlineData("refused.example", "the server failed with code 5", "the server failed with code 5")]
    [InlineData("broken.example", "the answer is malformed", "the answer is malformed")]
    public async Task What_the_server_says_is_printed(string name, string four, string six)
    {
        using ChildProcess server = ChildProcess.StartPython("serve_dns.py");
        int port = await server.PortAfter("port");

        using ChildProcess run = ChildProcess.StartSample("DnsLookup", name, "127.0.0.1", Text(port));

        (await run.End()).Should().Equal($"{name} A: {four}", $"{name} AAAA: {six}");
    }

    [ToolFact("python3")]
    public async Task A_server_that_says_nothing_is_asked_three_times_and_status_1()
    {
        using ChildProcess server = ChildProcess.StartPython("serve_dns.py");
        int port = await server.PortAfter("port");

        using ChildProcess run = ChildProcess.StartSample("DnsLookup", "silent.example", "127.0.0.1", Text(port));

        (await run.End(exitCode: 1)).Should().Equal(
            "silent.example A: no answer to 3 questions", "silent.example AAAA: no answer to 3 questions");
        for (int i = 0; i < 3; i++)
        {
            (await server.LineWith("asked silent")).Should().Be("asked silent 1");
        }
    }

    [LinuxFact]
    public async Task A_port_that_nobody_has_is_told_and_status_1()
    {
        // Bound, and connected to itself, so that no other program has the port and nobody receives there.
        using var taken = UdpEndpoint.Bind("127.0.0.1", 0);
        taken.ConnectTo(taken.LocalEndPoint);

        using ChildProcess run = ChildProcess.StartSample("DnsLookup", "one.example", "127.0.0.1", Text(taken.Port));

        (await run.End(exitCode: 1)).Should().OnlyContain(static line => line.EndsWith("nobody answers there (ConnectionRefused)"));
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
