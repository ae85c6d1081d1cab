using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

public abstract class SocatTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [ToolTheory("socat")]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Socat_as_a_client_gets_its_lines_back(CallShape shape)
    {
        using TcpServer server = Listen();
        using ChildProcess client = ChildProcess.Start("socat", "-t", "30", "STDIO", $"TCP:127.0.0.1:{server.Port}");

        using TcpConnection connection = await server.AcceptBy(shape).Within();
        await Echo.GiveLinesBack(connection, client, shape);
    }

    [ToolTheory("socat")]
    [InlineData(CallShape.Blocking)]
    [InlineData(CallShape.Try)]
    [InlineData(CallShape.Async)]
    public async Task Socat_as_a_server_gives_our_bytes_back(CallShape shape)
    {
        using ChildProcess server = ChildProcess.Start("socat", "-d", "-d", "-t", "30", "TCP-LISTEN:0,bind=127.0.0.1", "EXEC:/bin/cat");
        using TcpClient client = TcpClient.Connect("127.0.0.1", await server.PortAfter("listening on"), ClientOptions);

        await Echo.Expect(client, Payload.Of(1 << 20), shape);

        await server.End();
    }
}

public sealed class SocatTests_Portable : SocatTests<PortableUnderTest>;

public sealed class SocatTests_Epoll : SocatTests<EpollUnderTest>;
