using System.Globalization;
using System.Net;
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

        await Tool.RunAsync("sh", "-c", $"kill -TERM {server.Id}");

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

        await Tool.RunAsync("sh", "-c", $"kill -TERM {server.Id}");
        await server.LineWith("connections: 1");
        await Tool.RunAsync("sh", "-c", $"kill -TERM {server.Id}");

        Expect.Disconnected(await Expect.Failure(stuck.ReceiveAsync(new byte[1]).AsTask()));
        await server.End();
    }

    [Theory]
    [InlineData("help")]
    [InlineData("serve")]
    [InlineData("serve", "80000")]
    [InlineData("serve", "http")]
    [InlineData("serve", "0", "more")]
    public async Task Words_that_it_does_not_know_and_bad_ports_are_one_line_and_status_2(params string[] words)
    {
        using ChildProcess run = ChildProcess.StartSample("GracefulStop", words);

        (await run.End(exitCode: 2)).Should().ContainSingle().Which.Should().StartWith("usage: GracefulStop");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_line_and_status_1()
    {
        using var taken = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        using ChildProcess run = ChildProcess.StartSample(
            "GracefulStop", "serve", taken.Port.ToString(CultureInfo.InvariantCulture));

        (await run.End(exitCode: 1)).Should().ContainSingle().Which.Should().Contain("AddressAlreadyInUse");
    }
}
