using System.Globalization;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

public abstract class PythonTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    private const int PayloadBytes = 1 << 20;

    [ToolTheory("python3")]
    [InlineData("plain_echo.py", CallShape.Blocking)]
    [InlineData("plain_echo.py", CallShape.Try)]
    [InlineData("plain_echo.py", CallShape.Async)]
    [InlineData("asyncio_echo.py", CallShape.Blocking)]
    [InlineData("asyncio_echo.py", CallShape.Try)]
    [InlineData("asyncio_echo.py", CallShape.Async)]
    public async Task A_python_client_gets_its_bytes_back(string script, CallShape shape)
    {
        using TcpServer server = Listen();
        using ChildProcess client = ChildProcess.StartPython(
            script, "client", server.Port.ToString(CultureInfo.InvariantCulture), PayloadBytes.ToString(CultureInfo.InvariantCulture));

        using TcpConnection connection = await server.AcceptBy(shape).Within();
        await Echo.Serve(connection, shape).Within();
        connection.Dispose();

        (await client.End()).Should().Equal("same");
    }

    [ToolTheory("python3")]
    [InlineData("plain_echo.py", CallShape.Blocking)]
    [InlineData("plain_echo.py", CallShape.Try)]
    [InlineData("plain_echo.py", CallShape.Async)]
    [InlineData("asyncio_echo.py", CallShape.Blocking)]
    [InlineData("asyncio_echo.py", CallShape.Try)]
    [InlineData("asyncio_echo.py", CallShape.Async)]
    public async Task A_python_server_gives_our_bytes_back(string script, CallShape shape)
    {
        using ChildProcess server = ChildProcess.StartPython(script, "server");
        using TcpClient client = TcpClient.Connect("127.0.0.1", await server.PortAfter("port"), ClientOptions);

        await Echo.Expect(client, Payload.Of(PayloadBytes), shape);

        await server.End();
    }
}

public sealed class PythonTests_Portable : PythonTests<PortableUnderTest>;

public sealed class PythonTests_Epoll : PythonTests<EpollUnderTest>;
