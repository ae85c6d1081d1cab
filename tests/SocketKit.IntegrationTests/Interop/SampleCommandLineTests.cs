using System.Globalization;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>Wrong arguments, a used port or a missing peer end a sample with one line. Nobody sees a stack trace.</summary>
public sealed class SampleCommandLineTests
{
    private static readonly string[][] s_wrong =
    [
        ["Server"], ["help"], ["--help"], ["server", "abc"], ["server", "80000"], ["server", "-1"], ["server", " 80"],
        ["server", "80", "more"],
        ["client", ""], ["client", "localhost", "0"], ["client", "localhost", "80000"], ["client", "localhost", "80", "more"],
    ];

    private static readonly string[] s_overTcp =
    [
        "Quickstart", "TcpEcho", "NonBlocking", "Timeouts", "AddressFamilies", "Lifecycle", "SocketOptions", "LengthPrefixed",
        "KeyValueStore",
    ];

    public static TheoryData<string> OverTcp => new(s_overTcp);

    public static TheoryData<string> TwoSided => new([.. s_overTcp, "UdpEcho"]);

    [Theory]
    [MemberData(nameof(TwoSided))]
    public async Task Unknown_words_and_bad_ports_are_one_line_and_status_2(string sample)
    {
        foreach (string[] arguments in s_wrong)
        {
            using ChildProcess run = ChildProcess.StartSample(sample, arguments);

            (await run.End(exitCode: 2)).Should().ContainSingle().Which.Should().Contain(string.Join(' ', arguments)).And.Contain("用法");
        }
    }

    [Fact]
    public async Task RawPing_takes_one_host_only()
    {
        string[][] wrong =
        [
            ["--help"], [""], ["127.0.0.1", "more"], ["127.0.0.1", "-c", "0"], ["127.0.0.1", "-s", "65508"], ["127.0.0.1", "-i"],
        ];
        foreach (string[] arguments in wrong)
        {
            using ChildProcess run = ChildProcess.StartSample("RawPing", arguments);

            (await run.End(exitCode: 2)).Should().ContainSingle().Which.Should().Contain("用法");
        }
    }

    [Fact]
    public async Task RawPing_names_the_host_that_is_not_known()
    {
        using ChildProcess run = ChildProcess.StartSample("RawPing", "no-such-host.invalid");

        (await run.End(exitCode: 1)).Should().ContainSingle().Which.Should().Contain("no-such-host.invalid");
    }

    [Theory]
    [MemberData(nameof(OverTcp))]
    public async Task A_used_port_is_one_line_and_status_1(string sample)
    {
        using TcpServer other = TcpServer.Listen("127.0.0.1", 0);
        using ChildProcess run = ChildProcess.StartSample(sample, "server", Text(other.Port));

        (await run.End(exitCode: 1)).Should().ContainSingle().Which.Should().Contain(Text(other.Port)).And.Contain("AddressAlreadyInUse");
    }

    [Fact]
    public async Task A_used_UDP_port_is_one_line_and_status_1()
    {
        using UdpEndpoint other = UdpEndpoint.Bind("localhost", 0);
        using ChildProcess run = ChildProcess.StartSample("UdpEcho", "server", Text(other.Port));

        (await run.End(exitCode: 1)).Should().ContainSingle().Which.Should().Contain(Text(other.Port)).And.Contain("AddressAlreadyInUse");
    }

    [Theory]
    [MemberData(nameof(OverTcp))]
    public async Task A_client_without_a_server_is_one_line_and_status_1(string sample)
    {
        int port;
        using (TcpServer gone = TcpServer.Listen("localhost", 0))
        {
            port = gone.Port;
        }

        using ChildProcess run = ChildProcess.StartSample(sample, "client", "127.0.0.1", Text(port));

        (await run.End(exitCode: 1)).Should().ContainSingle().Which.Should().Contain($"127.0.0.1:{port}").And.Contain("ConnectionRefused");
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
