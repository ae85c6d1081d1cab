using SocketKit.IntegrationTests.Kit;
using static SocketKit.IntegrationTests.Interop.ResultLine;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The commands that measure one thing each: short runs, in which everything that was sent arrives.</summary>
public sealed class MeasureTests
{
    private static readonly string[] s_engines = OperatingSystem.IsLinux() ? ["portable", "epoll"] : ["portable"];
    private static readonly string[] s_short = ["--warmup", "0.1", "--seconds", "0.3"];

    public static TheoryData<string> Engines => [.. s_engines];

    public static TheoryData<string, string> Senders => Of("messages", "connection", "raw");

    public static TheoryData<string, string> Broadcasts => Of("messages", "messages-await", "connection", "raw");

    public static TheoryData<string, string> Idle => Of("messages", "plain");

    [Theory]
    [MemberData(nameof(Senders))]
    public async Task Messages_of_many_senders_arrive_whole_and_in_order(string by, string engine)
    {
        string line = await Measure(["senders", "--by", by, "--engine", engine, "--senders", "8", "--size", "40", .. s_short]);

        KeysOf(line).Should().Equal(
            "by", "senders", "size", "seconds", "msgs_per_s", "fewest_of_a_sender", "allocated_per_msg", "errors");
        ValueOf(line, "msgs_per_s").Should().NotBe("0");
    }

    [Theory]
    [MemberData(nameof(Broadcasts))]
    public async Task A_broadcast_arrives_at_every_reader(string by, string engine)
    {
        string line = await Measure(["broadcast", "--by", by, "--engine", engine, "--connections", "10", "--size", "100", .. s_short]);

        KeysOf(line).Should().Equal(
            "by", "connections", "size", "seconds", "broadcasts_per_s", "msgs_per_s", "p50_us", "p99_us", "server_cpu_us_per_msg",
            "allocated_per_msg", "messages", "errors");
    }

    /// <summary>The stall is long, because a reader on a busy machine must not look like one that never reads.</summary>
    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Readers_that_never_read_are_cut_and_the_others_get_everything(string engine)
    {
        string line = await Measure(
        [
            "slow-readers", "--engine", engine, "--readers", "6", "--silent", "2", "--size", "16384", "--interval", "10", "--stall", "5000",
            .. s_short,
        ]);

        KeysOf(line).Should().Equal(
            "readers", "silent", "size", "interval_ms", "broadcasts", "p50_us", "p99_us", "p999_us", "max_us", "server_cpu_percent", "cut",
            "first_cut_s", "last_cut_s", "messages", "reset", "refused", "errors");
        ValueOf(line, "cut").Should().Be("2");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Peers_that_send_byte_by_byte_are_served(string engine)
    {
        string line = await Measure(["drip", "--engine", engine, "--connections", "10", "--every", "0.05", .. s_short]);

        KeysOf(line).Should().Equal(
            "connections", "seconds", "server_cpu_percent", "compiling_percent", "heap_bytes_per_conn", "every_s", "bytes", "cut",
            "errors");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task Peers_that_send_byte_by_byte_are_cut_by_a_minimum_rate(string engine)
    {
        string line = await Measure(
            "drip", "--engine", engine, "--connections", "4", "--every", "1", "--minimum-rate", "240", "--warmup", "8", "--seconds", "0.3");

        ValueOf(line, "cut").Should().Be("4");
    }

    [Theory]
    [MemberData(nameof(Idle))]
    public async Task Idle_connections_are_held(string by, string engine)
    {
        string line = await Measure(["idle", "--by", by, "--engine", engine, "--connections", "20", "--limits", "yes", .. s_short]);

        KeysOf(line).Should().Equal(
            "by", "connections", "seconds", "server_cpu_percent", "compiling_percent", "heap_bytes_per_conn", "errors");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public async Task The_idle_server_of_messages_echoes(string engine)
    {
        using ChildProcess server = ChildProcess.StartSample(
            "SocketKit.Load", "server", "tcp-idle", "--port", "0", "--engine", engine, "--messages", "yes");
        int port = await server.PortAfter("listening=127.0.0.1:");
        await server.LineWith("ready");

        using ChildProcess load = ChildProcess.StartSample(
            "SocketKit.Load", ["generate", "echo", "--tcp", $"{port}", "--connections", "4", "--size", "32", "--depth", "3", .. s_short]);

        (await load.End())[^1].Should().Contain("errors=0");
    }

    [Theory]
    [InlineData("--by nobody", "senders", "--by", "nobody")]
    [InlineData("--size 19", "broadcast", "--size", "19")]
    [InlineData("--port", "idle", "--port", "80")]
    [InlineData("--every", "drip", "--every", "0")]
    [InlineData("measure nothing", "nothing")]
    public async Task A_wrong_argument_is_named_with_status_2(string named, params string[] arguments)
    {
        using ChildProcess run = Run(arguments);

        (await run.End(exitCode: 2))[0].Should().Contain(named);
    }

    private static TheoryData<string, string> Of(params string[] ways)
    {
        var rows = new TheoryData<string, string>();
        foreach (string way in ways)
        {
            foreach (string engine in s_engines)
            {
                rows.Add(way, engine);
            }
        }

        return rows;
    }

    private static ChildProcess Run(string[] arguments) => ChildProcess.StartSample("SocketKit.Load", ["measure", .. arguments]);

    /// <summary>Status 0 means that everything arrived; gives the line with the figures.</summary>
    private static async Task<string> Measure(params string[] arguments)
    {
        using ChildProcess run = Run(arguments);
        string line = (await run.End())[^1];
        ValueOf(line, "errors").Should().Be("0");
        return line;
    }
}
