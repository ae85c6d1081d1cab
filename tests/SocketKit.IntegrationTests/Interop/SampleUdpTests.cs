using System.Globalization;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The UDP sample against Python programs that behave as the tutorial's do, in both roles.</summary>
public sealed class SampleUdpTests
{
    private const string Greeting = EchoSample.Greeting;

    [ToolFact("python3")]
    public async Task UdpEcho_server_serves_python_clients()
    {
        using ChildProcess server = ChildProcess.StartSample("UdpEcho", "server", "0");
        int port = await server.PortAfter("UDP 服务器启动，等待数据...");

        for (int i = 0; i < 2; i++)
        {
            using ChildProcess client = ChildProcess.StartPython("talk_udp.py", "localhost", Text(port), "第一", "🙂");

            (await client.End()).Should().Equal($"answer: {Greeting}第一", $"answer: {Greeting}🙂", "done");
            (await server.LineWith("的数据: 🙂")).Should().StartWith("接收到来自 127.0.0.1:");
        }
    }

    [ToolFact("python3")]
    public async Task UdpEcho_server_answers_a_datagram_longer_than_1024_bytes_whole()
    {
        string message = new('汉', 5000);
        using ChildProcess server = ChildProcess.StartSample("UdpEcho", "server", "0");
        int port = await server.PortAfter("UDP 服务器启动，等待数据...");

        using ChildProcess client = ChildProcess.StartPython("talk_udp.py", "localhost", Text(port), message);

        (await client.End()).Should().Equal($"answer: {Greeting}{message}", "done");
    }

    [ToolFact("python3")]
    public async Task UdpEcho_server_survives_a_datagram_whose_answer_is_too_long()
    {
        using ChildProcess server = ChildProcess.StartSample("UdpEcho", "server", "0");
        int port = await server.PortAfter("UDP 服务器启动，等待数据...");
        using UdpEndpoint client = UdpEndpoint.Connect("localhost", port);

        client.Send(new byte[65_507]);
        await server.LineWith("无法回答: ");

        using ChildProcess next = ChildProcess.StartPython("talk_udp.py", "localhost", Text(port), "还在吗");
        (await next.End()).Should().Equal($"answer: {Greeting}还在吗", "done");
    }

    [ToolFact("python3")]
    public async Task UdpEcho_client_talks_to_a_python_server_until_exit()
    {
        using ChildProcess server = ChildProcess.StartPython("serve_udp.py", "2");
        int port = await server.PortAfter("port");
        using ChildProcess client = ChildProcess.StartSample("UdpEcho", "client", "localhost", Text(port));

        await EchoSample.TalkUntilExit(client, server);
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
