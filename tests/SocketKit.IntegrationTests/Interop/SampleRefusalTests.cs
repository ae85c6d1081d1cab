using System.Globalization;
using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>Samples with words of their own: what they do not know is one line and status 2, a port in use one line and status 1.</summary>
public sealed class SampleRefusalTests
{
    [Theory]
    [InlineData("PortForwarder", "help")]
    [InlineData("PortForwarder", "forward")]
    [InlineData("PortForwarder", "forward", "80000", "localhost", "80")]
    [InlineData("PortForwarder", "forward", "0", "localhost", "0")]
    [InlineData("PortForwarder", "forward", "0", "localhost", "http")]
    [InlineData("GracefulStop", "help")]
    [InlineData("GracefulStop", "serve")]
    [InlineData("GracefulStop", "serve", "80000")]
    [InlineData("GracefulStop", "serve", "http")]
    [InlineData("GracefulStop", "serve", "0", "more")]
    [InlineData("ChatServer", "help")]
    [InlineData("ChatServer", "serve", "80000")]
    [InlineData("TlsEcho", "help")]
    [InlineData("TlsEcho", "server")]
    [InlineData("TlsEcho", "server", "80000")]
    [InlineData("TlsEcho", "server", "0", "more")]
    [InlineData("StatsCollector", "help")]
    [InlineData("StatsCollector", "server", "80000")]
    [InlineData("StatsCollector", "server", "8126", "more")]
    [InlineData("StatsCollector", "client", "0")]
    [InlineData("StatsCollector", "client", "localhost")]
    [InlineData("UdpBatch", "help")]
    [InlineData("UdpBatch", "61")]
    [InlineData("DnsLookup", "help")]
    [InlineData("DnsLookup", "one.example", "127.0.0.1", "0")]
    [InlineData("DnsLookup", "one..example", "127.0.0.1")]
    [InlineData("DnsLookup", "one.example", "127.0.0.1", "53", "more")]
    [InlineData("UdpMulticast", "help")]
    [InlineData("UdpMulticast", "receive", "127.0.0.1", "8127")]
    [InlineData("UdpMulticast", "receive", "239.255.81.27", "0")]
    [InlineData("UdpMulticast", "receive", "239.255.81.27", "8127", "-s", "::1")]
    [InlineData("UdpMulticast", "send", "239.255.81.27", "8127", "-t", "256")]
    [InlineData("UdpMulticast", "send", "239.255.81.27", "8127", "-i")]
    [InlineData("PortScanner", "help")]
    [InlineData("PortScanner", "localhost", "1")]
    [InlineData("PortScanner", "localhost", "0", "10")]
    [InlineData("PortScanner", "localhost", "10", "1")]
    [InlineData("PortScanner", "localhost", "1", "80000")]
    public async Task Words_that_a_sample_does_not_know_and_bad_ports_are_one_line_and_status_2(string sample, params string[] words)
    {
        using ChildProcess run = ChildProcess.StartSample(sample, words);

        (await run.End(exitCode: 2)).Should().ContainSingle().Which.Should().StartWith($"usage: {sample}");
    }

    [Theory]
    [InlineData("MutualTls")]
    [InlineData("StartTls")]
    [InlineData("KeepConnected")]
    [InlineData("RequestResponse")]
    [InlineData("Strangers")]
    public async Task A_sample_without_words_refuses_each_word(string sample)
    {
        using ChildProcess run = ChildProcess.StartSample(sample, "help");

        (await run.End(exitCode: 2)).Should().ContainSingle().Which.Should().Contain(sample);
    }

    [Theory]
    [InlineData("PortForwarder", "forward", "localhost", "80")]
    [InlineData("GracefulStop", "serve")]
    [InlineData("ChatServer", "serve")]
    [InlineData("TlsEcho", "server")]
    public async Task A_port_that_is_taken_is_one_line_and_status_1(string sample, string verb, params string[] rest)
    {
        using var taken = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        string port = taken.Port.ToString(CultureInfo.InvariantCulture);
        using ChildProcess run = ChildProcess.StartSample(sample, [verb, port, .. rest]);

        (await run.End(exitCode: 1)).Should().ContainSingle().Which.Should().Contain("AddressAlreadyInUse");
    }
}
