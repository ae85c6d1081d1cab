using System.Globalization;
using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

public abstract class NcatTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    // Not 127.0.0.1, where other tests take free ports meanwhile.
    private const string OwnAddress = "127.0.0.77";

    [ToolTheory("ncat")]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Ncat_as_a_client_gets_its_lines_back(CallShape shape)
    {
        using TcpServer server = Listen();
        using ChildProcess client = ChildProcess.Start("ncat", "127.0.0.1", server.Port.ToString(CultureInfo.InvariantCulture));

        using TcpConnection connection = await server.AcceptBy(shape).Within();
        await Echo.GiveLinesBack(connection, client, shape);
    }

    [ToolTheory("ncat")]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Ncat_as_a_server_and_we_exchange_lines(CallShape shape)
    {
        using ChildProcess server = ChildProcess.Start("ncat", "-v", "-l", OwnAddress, FreePort());
        using TcpClient client = TcpClient.Connect(OwnAddress, await server.PortAfter($"Listening on {OwnAddress}:"), ClientOptions);

        await client.SendBy(shape, Encoding.UTF8.GetBytes("你好，服务器!\n")).Within();
        await server.LineWith("你好，服务器!");

        // ncat ends when the other side has finished, so it has to finish first.
        await server.WriteLine("谢谢你!");
        server.EndInput();
        Encoding.UTF8.GetString(await client.ReadToEnd(shape).Within()).Should().Be("谢谢你!\n");

        client.Dispose();
        await server.End();
    }

    /// <summary>ncat does not say which port it got for 0.</summary>
    private static string FreePort()
    {
        using TcpServer free = TcpServer.Listen(OwnAddress, 0);
        return free.Port.ToString(CultureInfo.InvariantCulture);
    }
}

public sealed class NcatTests_Portable : NcatTests<PortableUnderTest>;

public sealed class NcatTests_Epoll : NcatTests<EpollUnderTest>;
