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
            // The forwarder may have reset the connection before the connect has returned.
            (await Expect.Failure(Receive()))!.IsDisconnect().Should().BeTrue();
            (await forwarder.LineWith("has failed")).Should().Contain("ConnectionRefused");
        }

        async Task Receive()
        {
            using TcpClient client = await TcpClient.ConnectAsync("localhost", port);
            await client.ReceiveAsync(new byte[1]);
        }
    }

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
