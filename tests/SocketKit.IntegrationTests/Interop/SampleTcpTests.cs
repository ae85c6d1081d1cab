using System.Globalization;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The TCP samples against Python programs that behave as the tutorial's do, in both roles.</summary>
public sealed class SampleTcpTests
{
    private const string Greeting = EchoSample.Greeting;

    /// <summary>What the server says when it listens, its answer to "你好，服务器!", and what it says about it.</summary>
    public static TheoryData<string, string, string, string[]> ServersOfOneClient => new()
    {
        { "Quickstart", "服务器正在监听...", "谢谢你!", ["连接来自 127.0.0.1:", "接收到的数据: 你好，服务器!"] },
        { "NonBlocking", "正在监听...", "数据来了!", ["连接来自 127.0.0.1:", "客户端准备好了，发送数据"] },
        { "Lifecycle", "3 监听", "收到 19 字节", ["4 接受连接: TcpConnection 127.0.0.1:", "收到 19 字节, 然后 Receive 返回 0 (PeerFinished)", "6 关闭"] },
        { "SocketOptions", "服务器启动", "谢谢你!", ["连接来自 127.0.0.1:", "接收到的数据: 你好，服务器!", "重启, ReuseAddress = true: 成功"] },
    };

    /// <summary>What the client sends, and what it says about the answer "谢谢你!".</summary>
    public static TheoryData<string, string, string> Clients => new()
    {
        { "Quickstart", "你好，服务器!", "接收到的数据: 谢谢你!" },
        { "NonBlocking", "ready", "[客户端] 接收到的数据: 谢谢你!" },
        { "Timeouts", "你好，服务器!", "接收到 10 字节" },
        { "AddressFamilies", "你好，服务器!", "接收到的数据: 谢谢你!" },
        { "Lifecycle", "你好，服务器!", "[客户端] 5 数据传输: 接收到的数据: 谢谢你!" },
        { "SocketOptions", "你好，服务器!", "接收到的数据: 谢谢你!" },
    };

    [ToolTheory("python3")]
    [MemberData(nameof(ServersOfOneClient))]
    public async Task A_server_of_one_client_serves_a_python_client_and_ends(string sample, string listens, string answer, string[] says)
    {
        using ChildProcess server = ChildProcess.StartSample(sample, "server", "0");
        int port = await server.PortAfter(listens);
        using ChildProcess client = ChildProcess.StartPython("talk_tcp.py", "localhost", Text(port), "你好，服务器!");

        (await client.End()).Should().Equal($"answer: {answer}", "done");
        string.Join('\n', await server.End()).Should().ContainAll(says);
    }

    [ToolTheory("python3")]
    [MemberData(nameof(Clients))]
    public async Task A_client_talks_to_a_python_server_that_answers_once(string sample, string sends, string says)
    {
        using ChildProcess server = ChildProcess.StartPython("serve_once.py");
        int port = await server.PortAfter("port");
        using ChildProcess client = ChildProcess.StartSample(sample, "client", "localhost", Text(port));

        (await client.End()).Should().Contain(says);
        (await server.End()).Should().Contain($"message: {sends}");
    }

    [ToolTheory("python3")]
    [MemberData(nameof(Clients))]
    public async Task A_client_ends_also_where_a_python_server_serves_it_until_it_leaves(string sample, string sends, string _)
    {
        using ChildProcess server = ChildProcess.StartPython("serve_tcp.py");
        int port = await server.PortAfter("port");
        using ChildProcess client = ChildProcess.StartSample(sample, "client", "localhost", Text(port));

        await client.End();
        (await server.End()).Should().ContainInOrder($"message: {sends}", "done");
    }

    [ToolFact("python3")]
    public Task AddressFamilies_talks_to_python_programs_over_IPv4() => TalkBothWays("127.0.0.1", "IPv4", "127.0.0.1:");

    [IPv6Fact("python3")]
    public Task AddressFamilies_talks_to_python_programs_over_IPv6() => TalkBothWays("::1", "IPv6", "[::1]:");

    [ToolFact("python3")]
    public async Task Timeouts_server_lets_one_python_client_after_the_other_wait_in_vain()
    {
        using ChildProcess server = ChildProcess.StartSample("Timeouts", "server", "0");
        int port = await server.PortAfter("服务器正在监听...");

        for (int i = 0; i < 2; i++)
        {
            using ChildProcess client = ChildProcess.StartPython("talk_tcp_in_vain.py", "localhost", Text(port), "你好，服务器!");

            (await client.End()).Should().Equal("timed out");
            (await server.LineWith("连接来自 127.0.0.1:")).Should().EndWith("不回答");
        }
    }

    [ToolFact("python3")]
    public async Task TcpEcho_server_serves_one_python_client_after_the_other()
    {
        using ChildProcess server = ChildProcess.StartSample("TcpEcho", "server", "0");
        int port = await server.PortAfter("TCP 服务器启动，等待连接...");

        for (int i = 0; i < 2; i++)
        {
            using ChildProcess client = ChildProcess.StartPython("talk_tcp.py", "localhost", Text(port), "第一", "second", "🙂");

            (await client.End()).Should().Equal($"answer: {Greeting}第一", $"answer: {Greeting}second", $"answer: {Greeting}🙂", "done");
            await server.LineWith("接受来自 127.0.0.1:");
            await server.LineWith("接收到来自客户端的数据: 🙂");
        }
    }

    [Fact]
    public async Task TcpEcho_server_answers_a_second_client_while_the_first_one_stays()
    {
        using ChildProcess server = ChildProcess.StartSample("TcpEcho", "server", "0");
        int port = await server.PortAfter("TCP 服务器启动，等待连接...");
        await using TcpClient first = await TcpClient.ConnectAsync("localhost", port);
        await using TcpClient second = await TcpClient.ConnectAsync("localhost", port);

        (await Ask(first, "一")).Should().Be(Greeting + "一");
        (await Ask(second, "二")).Should().Be(Greeting + "二");
        (await Ask(first, "三")).Should().Be(Greeting + "三");
    }

    [ToolFact("python3")]
    public async Task TcpEcho_server_answers_a_text_whose_characters_are_cut_by_the_receives()
    {
        using ChildProcess server = ChildProcess.StartSample("TcpEcho", "server", "0");
        int port = await server.PortAfter("TCP 服务器启动，等待连接...");

        using ChildProcess client = ChildProcess.StartPython("talk_tcp_long.py", "localhost", Text(port), "5000");

        string answer = (await client.End()).Single()["answer: ".Length..];
        answer.Should().StartWith(Greeting).And.NotContain("\uFFFD");
        answer.Replace(Greeting, string.Empty, StringComparison.Ordinal).Should().Be(new string('汉', 5000));
    }

    [ToolFact("python3")]
    public async Task TcpEcho_client_talks_to_a_python_server_until_exit()
    {
        using ChildProcess server = ChildProcess.StartPython("serve_tcp.py");
        int port = await server.PortAfter("port");
        using ChildProcess client = ChildProcess.StartSample("TcpEcho", "client", "localhost", Text(port));

        await EchoSample.TalkUntilExit(client, server);
    }

    [ToolFact("python3")]
    public async Task TcpEcho_client_ends_with_its_input()
    {
        using ChildProcess server = ChildProcess.StartPython("serve_tcp.py");
        int port = await server.PortAfter("port");
        using ChildProcess client = ChildProcess.StartSample("TcpEcho", "client", "localhost", Text(port));

        await client.WriteLine("只有一行");
        client.EndInput();

        (await client.End()).Should().Contain(static line => line.EndsWith(Greeting + "只有一行"));
        await server.End();
    }

    [ToolFact("python3")]
    public async Task TcpEcho_client_shows_an_answer_of_many_receives_in_one_piece()
    {
        using ChildProcess server = ChildProcess.StartPython("serve_tcp.py", "3000");
        int port = await server.PortAfter("port");
        using ChildProcess client = ChildProcess.StartSample("TcpEcho", "client", "localhost", Text(port));

        await client.WriteLine("汉");

        (await client.LineWith("接收到服务器的响应")).Should().EndWith(Greeting + new string('汉', 3000));
        client.EndInput();
        await client.End();
        await server.End();
    }

    [Fact]
    public async Task TcpEcho_client_without_a_server_says_why_it_ends()
    {
        int port;
        using (TcpServer gone = TcpServer.Listen("localhost", 0))
        {
            port = gone.Port;
        }

        using ChildProcess client = ChildProcess.StartSample("TcpEcho", "client", "127.0.0.1", Text(port));

        (await client.End(exitCode: 1))
            .Should().ContainSingle().Which.Should().Contain($"127.0.0.1:{port}").And.Contain("ConnectionRefused");
    }

    [Fact]
    public async Task Samples_of_two_processes_talk_to_each_other_on_the_port_that_the_server_prints()
    {
        using ChildProcess server = ChildProcess.StartSample("Lifecycle", "server", "0");
        int port = await server.PortAfter("3 监听");
        using ChildProcess client = ChildProcess.StartSample("Lifecycle", "client", "localhost", Text(port));

        (await client.End()).Should().Contain("[客户端] 5 数据传输: 接收到的数据: 收到 19 字节");
        (await server.End()).Should().Contain("[服务器] 6 关闭");
    }

    private static async Task TalkBothWays(string host, string family, string address)
    {
        using ChildProcess server = ChildProcess.StartSample("AddressFamilies", "server", "0");
        int port = await server.PortAfter("双栈服务器正在监听");
        using ChildProcess pythonClient = ChildProcess.StartPython("talk_tcp.py", host, Text(port), "你好，服务器!");
        (await pythonClient.End()).Should().Equal($"answer: 你好，{family} 客户端！", "done");
        await server.LineWith($"{family} 客户端来自 {address}");
        await server.LineWith("接收到的数据: 你好，服务器!");

        using ChildProcess pythonServer = ChildProcess.StartPython("serve_once.py", host);
        int pythonPort = await pythonServer.PortAfter("port");
        using ChildProcess client = ChildProcess.StartSample("AddressFamilies", "client", host, Text(pythonPort));
        (await client.End()).Should().Equal($"经由 {family} 连接到 {address}{pythonPort}", "接收到的数据: 谢谢你!");
        (await pythonServer.End()).Should().Contain("message: 你好，服务器!");
    }

    private static async Task<string> Ask(TcpClient client, string message)
    {
        await client.SendAsync(Encoding.UTF8.GetBytes(message));
        byte[] answer = new byte[Encoding.UTF8.GetByteCount(Greeting + message)];
        await client.ReceiveExactlyAsync(answer).AsTask().Within();
        return Encoding.UTF8.GetString(answer);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
