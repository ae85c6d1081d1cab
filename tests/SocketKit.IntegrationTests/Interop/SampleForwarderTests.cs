using System.Globalization;
using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The port forwarder as a program of its own.</summary>
public sealed class SampleForwarderTests
{
    [Fact]
    public async Task It_forwards_a_port_to_a_target()
    {
        using var target = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        using ChildProcess forwarder = ChildProcess.StartSample("PortForwarder", "forward", "0", "127.0.0.1", Text(target.Port));
        int port = await forwarder.PortAfter("listening on port");
        using var client = TcpClient.Connect("localhost", port);
        using TcpConnection accepted = await target.AcceptAsync(Limits.Hang);

        client.Send("question");
        client.ShutdownSend();
        (await accepted.ReadToEnd().Within()).Should().Equal("question"u8.ToArray());
        accepted.Send("answer");
        accepted.Dispose();

        (await client.ReadToEnd().Within()).Should().Equal("answer"u8.ToArray());
        (await forwarder.LineWith("has left")).Should().EndWith("has left: 8 bytes there, 6 bytes back");
    }

    [Fact]
    public async Task A_target_that_refuses_costs_only_the_client()
    {
        int nobody;
        using (var gone = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0)))
        {
            nobody = gone.Port;
        }

        using ChildProcess forwarder = ChildProcess.StartSample("PortForwarder", "forward", "0", "127.0.0.1", Text(nobody));
        int port = await forwarder.PortAfter("listening on port");
        for (int i = 0; i < 2; i++)
        {
            using var client = TcpClient.Connect("localhost", port);
            Expect.Disconnected(await Expect.Failure(client.ReceiveAsync(new byte[1]).AsTask()));
            (await forwarder.LineWith("has failed")).Should().Contain("ConnectionRefused");
        }
    }

    [Theory]
    [InlineData("help")]
    [InlineData("forward")]
    [InlineData("forward", "80000", "localhost", "80")]
    [InlineData("forward", "0", "localhost", "0")]
    [InlineData("forward", "0", "localhost", "http")]
    public async Task Words_that_it_does_not_know_and_bad_ports_are_one_line_and_status_2(params string[] words)
    {
        using ChildProcess forwarder = ChildProcess.StartSample("PortForwarder", words);

        (await forwarder.End(exitCode: 2)).Should().ContainSingle().Which.Should().StartWith("usage: PortForwarder");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_one_line_and_status_1()
    {
        using var taken = TcpServer.Listen(new IPEndPoint(IPAddress.Loopback, 0));
        using ChildProcess forwarder = ChildProcess.StartSample("PortForwarder", "forward", Text(taken.Port), "localhost", "80");

        (await forwarder.End(exitCode: 1)).Should().ContainSingle().Which.Should().Contain("AddressAlreadyInUse");
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
