using SocketKit.IntegrationTests.Kit;
using SocketException = System.Net.Sockets.SocketException;

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
            (await IsServedAsync(client)).Should().BeTrue($"client {i}");
        }

        (await server.AskAsync("warnings")).Should().Be(0, "it is the peer's doing");
    }

    /// <summary>Echoed, or turned away; but never left hanging.</summary>
    private static async Task<bool> IsServedAsync(TcpClient? client)
    {
        try
        {
            if (client is null)
            {
                return false;
            }

            await client.SendAsync("x"u8.ToArray()).Within();
            return await client.ReceiveAsync(new byte[1]).Within() == 1;
        }
        catch (SocketException exception) when (exception.IsDisconnect())
        {
            // Turned away.
            return false;
        }
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
