using System.Text;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The server of the sample GracefulStop as a program that is told to stop.</summary>
public sealed class SampleGracefulStopTests
{
    [LinuxFact]
    public async Task A_signal_lets_it_answer_the_request_that_has_begun_and_end_well()
    {
        using ChildProcess server = ChildProcess.StartSample("GracefulStop", "serve", "0");
        int port = await server.PortAfter("listening on port");
        using var idle = TcpClient.Connect("localhost", port);
        using var busy = TcpClient.Connect("localhost", port);
        busy.Send("hello\n");
        await server.LineWith("works on 'hello'");

        await server.Terminate();

        (await idle.ReceiveAsync(new byte[1]).Within()).Should().Be(0);
        Encoding.UTF8.GetString(await busy.ReadToEnd().Within()).Should().Be("HELLO\n");
        (await server.End()).Should().Contain("[server] stopped");
    }

    [LinuxFact]
    public async Task A_second_signal_ends_the_drain()
    {
        using ChildProcess server = ChildProcess.StartSample("GracefulStop", "serve", "0");
        using var stuck = TcpClient.Connect("localhost", await server.PortAfter("listening on port"));
        stuck.Send("hang\n");
        await server.LineWith("works on 'hang'");

        await server.Terminate();
        await server.LineWith("connections: 1");
        await server.Terminate();

        Expect.Disconnected(await Expect.Failure(stuck.ReceiveAsync(new byte[1]).AsTask()));
        await server.End();
    }
}
