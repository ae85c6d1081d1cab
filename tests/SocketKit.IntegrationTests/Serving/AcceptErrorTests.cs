using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Serving;

/// <summary>A server in a process of its own, to which accept(2) refuses connections.</summary>
[Collection(Serial.Name)]
public abstract class AcceptErrorTests<TEngine> : EngineTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    protected abstract string EngineName { get; }

    [LinuxFact("strace")]
    public async Task Errors_of_accept_do_not_end_the_server()
    {
        await using FaultServerProcess server = await FaultServerProcess.StartAsync(
            EngineName, "strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=accept4", "-e", "inject=accept4:error=ECONNABORTED:when=3+5");

        for (int i = 0; i < 30; i++)
        {
            using TcpClient client = TcpClient.Connect(server.EndPoint, ClientOptions);
            (await FaultServerProcess.IsServedAsync(client)).Should().BeTrue($"client {i}");
        }

        (await server.AskAsync("warnings")).Should().Be(0, "it is the peer's doing");
    }
}

public sealed class AcceptErrorTests_Portable : AcceptErrorTests<PortableUnderTest>
{
    protected override string EngineName => "portable";
}

public sealed class AcceptErrorTests_Epoll : AcceptErrorTests<EpollUnderTest>
{
    protected override string EngineName => "epoll";
}
