using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>What the echo samples of TCP and UDP say alike.</summary>
internal static class EchoSample
{
    public const string Greeting = "你好，客户端！你发送了：";

    /// <summary>A sample's client and a Python server: two messages and their answers, then both end.</summary>
    public static async Task TalkUntilExit(ChildProcess client, ChildProcess server)
    {
        await client.WriteLine("你好");
        (await client.LineWith("接收到服务器的响应")).Should().Be($"请输入要发送的消息 (输入 'exit' 退出): 接收到服务器的响应: {Greeting}你好");
        await client.WriteLine("第二条");
        (await client.LineWith("接收到服务器的响应")).Should().EndWith(Greeting + "第二条");
        await client.WriteLine("exit");

        await client.End();
        (await server.End()).Should().ContainInOrder("message: 你好", "message: 第二条", "done");
    }
}
