using System.Text.RegularExpressions;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>Every sample plays both sides without arguments and without input, says what it should and ends well.</summary>
public sealed partial class SampleRunTests
{
    private const string Prompt = "请输入要发送的消息 (输入 'exit' 退出): ";

    public static TheoryData<string, string[]> Samples => new()
    {
        { "Quickstart", ["服务器正在监听...", "连接来自 127.0.0.1:", "接收到的数据: 你好，服务器!", "接收到的数据: 谢谢你!"] },
        { "TcpEcho", ["TCP 服务器启动，等待连接...", "接受来自 127.0.0.1:", "接收到来自客户端的数据: 第二条消息", "接收到服务器的响应: 你好，客户端！你发送了：第二条消息", Prompt + "exit"] },
        { "UdpEcho", ["UDP 服务器启动，等待数据...", "接收到来自 127.0.0.1:", "的数据: 第二条消息", "接收到服务器的响应: 你好，客户端！你发送了：第二条消息", Prompt + "exit"] },
        {
            "NonBlocking",
            [
                "Accept: 没有连接在等待 (WouldBlock)", "Receive: 还没有数据 (WouldBlock)", "TryReceive: False", "接收到的数据: 数据来了!",
                "TryReceive: True, 0 字节",
            ]
        },
        {
            "GameLoop",
            [
                "500 个玩家已加入", "500 个玩家都沉默的一帧: 逐个 TryReceive ", "500 个玩家各走了 20 步, 位置都对", "10000 次移动, 所有玩家都已离开",
            ]
        },
        { "Timeouts", ["accept 超时: ", "5 秒之内: 及时", "receive 超时: ", "超时之后连接仍可用: 迟到", "send 超时: ", "connect 超时: ", "ReceiveAsync 超时: "] },
        { "AddressFamilies", ["IPv4: TcpConnection 127.0.0.1:", "双栈: TcpConnection 127.0.0.1:", "Unix 路径 ", "文件还在: False", "Unix 抽象名字: "] },
        { "Lifecycle", ["1 创建, 2 绑定, 3 监听", "4 接受连接", "Receive 返回 0 (PeerFinished)", "接收到的数据: 收到 19 字节", "[closed]"] },
        {
            "KeepConnected",
            [
                "[client] run 1: tick 1", "[client] run 1: the server has gone", "[server] back", "[client] run 2: nonsense",
                "[client] the handler failed: the server said \"nonsense\"", "[server] the client has aborted the connection",
                "[client] run 3: tick 2", "[client] handled in run 3",
            ]
        },
        {
            "PortForwarder",
            [
                "[target] got 'hello through the forwarder'", "[client] answer: 'HELLO THROUGH THE FORWARDER'",
                "has left: 27 bytes there, 27 bytes back", "[client] the connection was broken off: ConnectionReset",
            ]
        },
        {
            "GracefulStop",
            [
                "[late] ConnectionRefused", "[idle] the server has closed the connection (FIN)", "[busy] answer: A REPORT",
                "[busy] the server has closed the connection (FIN)", "[half] the server has closed the connection (FIN)",
                "[stuck] the server has aborted the connection (RST)", "[server] stopped",
            ]
        },
        {
            "LengthPrefixed",
            [
                "[server] 5 bytes: hello", "[server] the client has finished", "[client] 'hello' → 'HELLO'", "[client] '' → ''",
                @"[client] 'two\nlines' → 'TWO\nLINES'",
            ]
        },
        {
            "ChatServer",
            [
                "[server] deaf does not read, and is cut", "[demo] each of 50 guests has heard 5000 lines",
                "[demo] the one who never reads is cut", "[demo] the server has stopped",
            ]
        },
        {
            "RequestResponse",
            [
                "[client] hello → HELLO", "[client] 1000 calls at once, each got its own answer", "[client] fail → there is no such call",
                "[client] 'never' was not answered within 100 ms.",
                "[client] under way: The connection was lost before the answer came (", "[client] back again → BACK AGAIN",
            ]
        },
        {
            "KeyValueStore",
            [
                "[client] SET colour dark blue → STORED", "[client] GET colour → VALUE dark blue", "[client] DELETE colour → DELETED",
                "[client] GET colour → NONE", "[client] PAINT it → ERROR", "[client] 2000 commands in one call, 2000 answers in order",
            ]
        },
        {
            "Strangers",
            [
                "[doors] a third client from one address: reset", "[doors] the one too many: reset",
                "[doors] a client that was banned: reset", "[doors] 3 accepted, 3 rejected", "[silent] says nothing: closed",
                "[idle] says nothing any more: closed", "[dripping] sends a line byte by byte: reset", "[deaf] never reads: reset",
                "[polite] still served after ", "2 × IdleTimeout, 2 × SlowPeer",
            ]
        },
        {
            "StatsCollector",
            [
                "[collector] collects on 127.0.0.1:", "[client] found a collector at 127.0.0.1:", "errors: 1", "requests: 3",
                "latency: 3 times, 10 to 30 ms, 20 ms on average", "malformed: 1",
            ]
        },
        {
            "DnsLookup",
            [
                "one.example A: 192.0.2.1", "one.example AAAA: 2001:db8::1", "two.example A: 192.0.2.2, 192.0.2.3",
                "two.example AAAA: none", "three.example A: there is no such name", "three.example AAAA: there is no such name",
            ]
        },
        {
            "UdpMulticast",
            [
                "[joined for all senders] 127.0.0.1: hello, group", "[joined for 127.0.0.1] 127.0.0.1: hello, group",
                "[joined for 127.0.0.1] 127.0.0.1: and good-bye", "[joined for 192.0.2.1] has heard nobody",
                "[joined for all senders] 127.0.0.1: who is still there?", "[has changed to 192.0.2.1] has heard nobody",
            ]
        },
        {
            "Observed",
            [
                "[client] answer: HELLO", "[client] nobody listens on port ", "[server] a handler failed: ",
                "socketkit.server.connection.duration", "socketkit.client.connect.duration", "socketkit.io",
                "error.type: connection_refused", "socket connect", "connect attempt", "socketkit.connection.id",
            ]
        },
        { "UdpBatch", ["每个数据报 1200 字节", "每秒  逐个", "每秒  批次", "每秒  分段", "发送方: ", "接收方: "] },
        { "PortScanner", [" is open", "4 ports in ", "3 open, 1 closed, 0 without an answer"] },
        {
            "TlsEcho",
            [
                "[server] Tls13, TLS_", "[client] the right root: hello, from localhost, certificate ",
                "[client] a new certificate: hello, from localhost, certificate ", "[client] another name: ", "example.com",
                "[client] another root: ", "[client] the system's roots: ",
            ]
        },
        {
            "MutualTls",
            [
                "[server] this is alice, by our own authority", "[server] this is bob, by our own authority",
                "[client] alice: welcome, alice", "[client] bob: bob may not do that", "[client] nobody was refused: ",
                "[client] mallory, who says alice was refused: ",
            ]
        },
        {
            "StartTls",
            [
                "[server] in the clear: STARTTLS", "[server] over TLS: SECRET", "[client] the answer over TLS: the secret",
                "[client] the answer in the clear: ERROR not here", "[server] refused: ",
                "[attacker] the server has aborted the connection", "[client] refused: ",
            ]
        },
        { "RawPing", ["PING 127.0.0.1 (127.0.0.1)"] },
        {
            "SocketOptions",
            [
                "重启, ReuseAddress = false: 被拒绝 (AddressAlreadyInUse)", "重启, ReuseAddress = true: 成功",
                "第二个监听者, ReuseAddress = true: 被拒绝 (AddressAlreadyInUse)", "第二个监听者, 两者 ReusePort = true: 成功", "NoDelay = True",
            ]
        },
    };

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task A_sample_without_arguments_plays_both_sides_and_ends_well(string sample, string[] says)
    {
        using ChildProcess run = ChildProcess.StartSample(sample);
        run.EndInput();

        string all = string.Join('\n', await run.End());

        all.Should().ContainAll(says);
    }

    /// <summary>The tutorial's lines, with the port where a server listens. Input is shown after its prompt.</summary>
    public static TheoryData<string, string[]> TutorialLines => new()
    {
        { "Quickstart", ["服务器正在监听... 端口:N", "连接来自 127.0.0.1:N", "接收到的数据: 你好，服务器!", "接收到的数据: 谢谢你!"] },
        {
            "TcpEcho",
            [
                "TCP 服务器启动，等待连接... 端口:N", "接受来自 127.0.0.1:N 的连接",
                Prompt + "你好，服务器!", "接收到来自客户端的数据: 你好，服务器!", "接收到服务器的响应: 你好，客户端！你发送了：你好，服务器!",
                Prompt + "第二条消息", "接收到来自客户端的数据: 第二条消息", "接收到服务器的响应: 你好，客户端！你发送了：第二条消息",
                Prompt + "exit",
            ]
        },
        {
            "UdpEcho",
            [
                "UDP 服务器启动，等待数据... 端口:N",
                Prompt + "你好，服务器!", "接收到来自 127.0.0.1:N 的数据: 你好，服务器!", "接收到服务器的响应: 你好，客户端！你发送了：你好，服务器!",
                Prompt + "第二条消息", "接收到来自 127.0.0.1:N 的数据: 第二条消息", "接收到服务器的响应: 你好，客户端！你发送了：第二条消息",
                Prompt + "exit",
            ]
        },
    };

    [Theory]
    [MemberData(nameof(TutorialLines))]
    public async Task A_sample_of_the_tutorial_prints_its_lines_and_no_others(string sample, string[] lines)
    {
        using ChildProcess run = ChildProcess.StartSample(sample);

        (await run.End()).Select(static line => Port().Replace(line, ":N")).Should().BeEquivalentTo(lines);
    }

    [LinuxFact(Root = true)]
    public async Task RawPing_gets_its_replies()
    {
        using ChildProcess run = ChildProcess.StartSample("RawPing");

        (await run.End())
            .Should().HaveCount(4)
            .And.Contain(static line => line.StartsWith("来自 127.0.0.1 的回复: 序号=3", StringComparison.Ordinal));
    }

    [LinuxFact("setpriv", Root = true)]
    public async Task RawPing_without_the_right_says_so_and_ends_well()
    {
        using ChildProcess run = ChildProcess.StartSampleWith(["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw"], "RawPing");

        string all = string.Join('\n', await run.End());

        all.Should().ContainAll(AllowsUnprivilegedIcmp() ? ["的回复: 序号=3"] : ["没有权限", "CAP_NET_RAW"]);
    }

    [Fact]
    public void Every_sample_is_run_here()
    {
        string folder = Path.Combine(Repository.Root, "samples");
        IEnumerable<string> projects = Directory.EnumerateFiles(folder, "*.csproj", SearchOption.AllDirectories)
            .Select(Path.GetFileNameWithoutExtension)!;

        Samples.Select(static row => (string)row[0]).Should().BeEquivalentTo(projects);
    }

    /// <summary>What the library does not do for a chat, or for calls, would show here as framing, queues and retries by hand.</summary>
    [Theory]
    [InlineData(45, "ChatServer/Program.cs", "ChatServer/Room.cs")]
    [InlineData(70, "RequestResponse/Call.cs", "RequestResponse/RpcServer.cs", "RequestResponse/RpcClient.cs")]
    public void A_chat_and_calls_over_a_connection_need_little_code(int most, params string[] files)
    {
        IEnumerable<string> code = files.SelectMany(static file => File.ReadLines(Path.Combine(Repository.Root, "samples", file)))
            .Where(static line => !NoCode().IsMatch(line));

        code.Count().Should().BeInRange(1, most);
    }

    [Fact]
    public void No_sample_takes_the_whole_of_System_Net_Sockets()
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "samples"), "*.cs", SearchOption.AllDirectories))
        {
            File.ReadAllText(file).Should().NotContain("using System.Net.Sockets;", "{0} is copied by people who also use TcpClient", file);
        }
    }

    /// <summary>ICMP is allowed to the groups from the first number to the second; "1 0" is nobody.</summary>
    private static bool AllowsUnprivilegedIcmp()
    {
        string[] range =
            File.ReadAllText("/proc/sys/net/ipv4/ping_group_range").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        return range[0] == "0";
    }

    /// <summary>An empty line, a comment, a brace alone, or a using directive.</summary>
    [GeneratedRegex(@"^\s*($|//|[{}();]+$|using [A-Za-z.]+;)")]
    private static partial Regex NoCode();

    [GeneratedRegex(":[0-9]+")]
    private static partial Regex Port();
}
