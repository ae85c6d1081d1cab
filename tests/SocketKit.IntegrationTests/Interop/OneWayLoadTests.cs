using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using static SocketKit.IntegrationTests.Interop.ResultLine;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>Datagrams that go one way: every sender and every receiver that is compared, in short runs.</summary>
public sealed class OneWayLoadTests(NativeLoadTests.Program program) : IClassFixture<NativeLoadTests.Program>
{
    private const int Size = 1000;

    private static readonly string[] s_engines = OperatingSystem.IsLinux() ? ["portable", "epoll"] : ["portable"];
    private static readonly string[] s_short = ["--warmup", "0.1", "--seconds", "0.3"];

    public static TheoryData<string> Senders =>
        [.. (string[])["--by raw", "--by raw-sync", .. WithEngines("--by one", "--by batch --batch 8", "--by segments --segments 8")]];

    public static TheoryData<string> Sinks =>
        [.. (string[])["raw-udp-sink", .. WithEngines("udp-sink --by await", "udp-sink --by batch --batch 8", "udp-sink --by gro")]];

    public static TheoryData<string> NativeSenders => ["", "--batch 8", "--segments 8", "--rate 1000", "--segments 8 --rate 1000"];

    public static TheoryData<string> NativeSinks => ["", "--batch 8", "--gro", "--batch 8 --gro"];

    [Theory]
    [MemberData(nameof(Senders))]
    public async Task What_a_sender_sends_arrives_whole(string sender)
    {
        using ChildProcess sink = Load("server", "raw-udp-sink --port 0 --seconds 0.2");
        int port = await PortOf(sink);

        string sent = await LastLine(Load("client", $"udp-send --port {Text(port)} --size {Text(Size)} {sender}", s_short));

        KeysOf(sent).Should().Equal(
            "by", "size", "transport", "seconds", "msgs_per_s", "load_cpu", "cpu_us_per_msg", "allocated_per_msg", "sent", "errors");
        ShouldHaveArrived(await LastLine(sink), CountOf(sent, "sent"));
    }

    [Theory]
    [MemberData(nameof(Sinks))]
    public async Task A_sink_counts_what_arrives(string sink)
    {
        using ChildProcess running = Load("server", $"{sink} --port 0 --seconds 0.2");
        int port = await PortOf(running);

        string sent = await LastLine(Load("client", $"udp-send --by raw-sync --port {Text(port)} --size {Text(Size)}", s_short));

        string received = await LastLine(running);
        KeysOf(received).Should().Equal(
            "by", "transport", "seconds", "msgs_per_s", "cpu_us_per_msg", "received", "bytes", "calls", "dropped");
        ShouldHaveArrived(received, CountOf(sent, "sent"));
    }

    [LinuxTheory("gcc")]
    [MemberData(nameof(NativeSenders))]
    public async Task What_the_sender_in_C_sends_arrives_whole(string options)
    {
        using ChildProcess sink = Load("server", "udp-sink --by gro --port 0");
        string target = $"--udp {Text(await PortOf(sink))} --size {Text(Size)} --server-pid {Text(sink.Id)}";

        string sent = await LastLine(Native("send", target, options, s_short));
        await sink.Terminate();

        KeysOf(sent).Should().Equal(
            "size", "batch", "segments", "rate", "transport", "seconds", "msgs_per_s", "load_cpu", "server_cpu", "server_cpu_us_per_msg",
            "cpu_us_per_msg", "dropped", "sent", "errors");
        ShouldHaveArrived(await LastLine(sink), CountOf(sent, "sent"));
    }

    [LinuxTheory("gcc")]
    [MemberData(nameof(NativeSinks))]
    public async Task The_sink_in_C_counts_what_arrives_and_the_sender_what_was_dropped(string options)
    {
        using var free = new ClosedPort();
        string port = Text(free.EndPoint.Port);
        using ChildProcess sink = Native("sink", $"--udp {port}", options);
        await sink.LineWith("ready");

        string sent = await LastLine(Native("send", $"--udp {port} --size {Text(Size)} --segments 8", string.Empty, s_short));
        await sink.Terminate();

        string received = await LastLine(sink);
        KeysOf(received).Should().Equal(
            "batch", "gro", "transport", "seconds", "msgs_per_s", "cpu_us_per_msg", "received", "bytes", "calls", "dropped");
        ShouldHaveArrived(received, CountOf(sent, "sent"));
        CountOf(sent, "dropped").Should().BeLessThanOrEqualTo(CountOf(received, "dropped"), "those of the warm-up count there, too");
    }

    /// <summary>The receiver is slow on purpose: it reads nothing at all.</summary>
    [LinuxFact("gcc")]
    public async Task The_sender_in_C_tells_what_the_kernel_drops_in_front_of_a_receiver()
    {
        using var receiver = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        receiver.ReceiveBufferSize = 1;
        receiver.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)receiver.LocalEndPoint!).Port;

        string sent = await LastLine(
            Native("send", $"--udp {Text(port)} --size {Text(Size)}", "--rate 1000 --warmup 0.2 --seconds 0.3"));

        double measured = NumberOf(sent, "msgs_per_s") * NumberOf(sent, "seconds");
        NumberOf(sent, "dropped").Should().BeApproximately(measured, 5, "the queue is full before the measurement begins, or soon after");
    }

    [Theory]
    [InlineData("client", "udp-send --port 9000 --by one --batch 8", "--batch")]
    [InlineData("client", "udp-send --port 9000 --by raw --engine portable", "--engine")]
    [InlineData("client", "udp-send --port 9000 --by segments --segments 8 --size 9000", "--size")]
    [InlineData("client", "udp-send --port 9000 --by train", "--by")]
    [InlineData("client", "udp-send --port 9000 --seconds 0", "--seconds")]
    [InlineData("server", "udp-sink --port 0 --by await --batch 8", "--batch")]
    [InlineData("server", "udp-echo --port 0 --size 8", "--size")]
    [InlineData("generate", "send --udp 9000", "native-load")]
    public async Task Wrong_arguments_are_named(string command, string arguments, string what)
    {
        using ChildProcess run = Load(command, arguments);

        (await run.End(exitCode: 2)).Should().Contain(line => line.Contains(what));
    }

    [LinuxTheory("gcc")]
    [InlineData("send", "--tcp 9000")]
    [InlineData("send", "--udp 9000 --batch 8 --segments 8")]
    [InlineData("send", "--udp 9000 --size 9000 --segments 8")]
    [InlineData("send", "--udp 9000 --gro")]
    [InlineData("sink", "--udp 9000 --segments 8")]
    [InlineData("serve", "--tcp 9000 --batch 8")]
    [InlineData("echo", "--udp 9000 --batch 8")]
    public async Task Wrong_arguments_of_the_program_in_C_are_status_2(string command, string arguments)
    {
        using ChildProcess run = Native(command, arguments, string.Empty);

        (await run.End(exitCode: 2)).Should().ContainSingle();
    }

    private static string[] WithEngines(params string[] commands) =>
        [.. s_engines.SelectMany(engine => commands.Select(command => $"{command} --engine {engine}"))];

    private static void ShouldHaveArrived(string line, long sent)
    {
        long received = CountOf(line, "received");
        received.Should().BeInRange(1, sent);
        CountOf(line, "bytes").Should().Be(received * Size);
    }

    private static ChildProcess Load(string command, string arguments, params string[] more) =>
        ChildProcess.StartSample("SocketKit.Load", [command, .. arguments.Split(' '), .. more]);

    private ChildProcess Native(string command, string arguments, string options, params string[] more) => ChildProcess.Start(
        program.Path, [command, .. arguments.Split(' '), .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries), .. more]);

    private static async Task<int> PortOf(ChildProcess sink)
    {
        int port = await sink.PortAfter("listening=127.0.0.1:");
        await sink.LineWith("ready");
        return port;
    }

    private static async Task<string> LastLine(ChildProcess child)
    {
        using (child)
        {
            return (await child.End())[^1];
        }
    }

    private static long CountOf(string line, string key) => (long)NumberOf(line, key);

    private static double NumberOf(string line, string key) => double.Parse(ValueOf(line, key), CultureInfo.InvariantCulture);

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
