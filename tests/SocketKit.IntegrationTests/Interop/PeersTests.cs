using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>The echo servers on libraries of others, which are measured beside this one: each echoes what it gets.</summary>
public sealed class PeersTests
{
    private const int Connections = 4;
    private const int Bytes = 200_000;

    /// <summary>Datagrams of one connection, one after the other. They fit into the smallest buffer of a server.</summary>
    private const int Datagrams = 20;
    private const int DatagramBytes = 1000;

    [Theory]
    [InlineData("akka-streams")]
    [InlineData("dotnetty")]
    [InlineData("kestrel")]
    [InlineData("netmq")]
    [InlineData("pipelines")]
    public async Task It_echoes_every_byte_of_four_connections_and_ends_when_told(string name)
    {
        using ChildProcess server = ChildProcess.StartSample("SocketKit.Peers", name, "--port", "0");
        IPEndPoint listening = await AddressOf(server);

        await Task.WhenAll(Enumerable.Range(1, Connections).Select(number => EchoStream(listening, number))).Within();

        await EndOf(server);
    }

    [Theory]
    [InlineData("dotnetty-udp")]
    public async Task It_echoes_every_datagram_of_four_senders_and_ends_when_told(string name)
    {
        using ChildProcess server = ChildProcess.StartSample("SocketKit.Peers", name, "--port", "0");
        IPEndPoint listening = await AddressOf(server);

        await Task.WhenAll(Enumerable.Range(1, Connections).Select(number => EchoDatagrams(listening, number))).Within();

        await EndOf(server);
    }

    [Theory]
    [InlineData]
    [InlineData("nobody")]
    [InlineData("kestrel")]
    [InlineData("kestrel", "--port", "65536")]
    public async Task What_it_does_not_understand_is_status_2_and_a_list_of_the_servers(params string[] arguments)
    {
        using ChildProcess run = ChildProcess.StartSample("SocketKit.Peers", arguments);

        (await run.End(exitCode: 2))[^1].Should().Contain("akka-streams, dotnetty, dotnetty-udp, kestrel, netmq, pipelines");
    }

    private static async Task<IPEndPoint> AddressOf(ChildProcess server)
    {
        int port = await server.PortAfter("listening=127.0.0.1:");
        await server.LineWith("ready");
        return new IPEndPoint(IPAddress.Loopback, port);
    }

    private static async Task EndOf(ChildProcess server)
    {
        // Elsewhere the test has no signal to send, and kills it.
        if (OperatingSystem.IsLinux() || OperatingSystem.IsMacOS())
        {
            await server.Terminate();
            await server.End();
        }
    }

    private static byte[] PayloadOf(int number, int length) => [.. Payload.Of(length).Select(one => (byte)(one * number))];

    private static async Task EchoStream(IPEndPoint server, int number)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server);
        byte[] payload = PayloadOf(number, Bytes);
        Task sending = Task.Run(async () =>
        {
            for (int sent = 0; sent < Bytes;)
            {
                sent += await socket.SendAsync(payload.AsMemory(sent));
            }
        });
        byte[] echo = new byte[Bytes];
        for (int received = 0; received < Bytes;)
        {
            int count = await socket.ReceiveAsync(echo.AsMemory(received));
            count.Should().BePositive("the server owes {0} bytes", Bytes - received);
            received += count;
        }

        await sending;
        echo.AsSpan().SequenceEqual(payload).Should().BeTrue();
    }

    private static async Task EchoDatagrams(IPEndPoint server, int number)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        await socket.ConnectAsync(server);
        byte[] echo = new byte[DatagramBytes + 1];
        for (int i = 1; i <= Datagrams; i++)
        {
            byte[] payload = PayloadOf(number, DatagramBytes / i);
            await socket.SendAsync(payload);
            int length = await socket.ReceiveAsync(echo);
            echo[..length].Should().Equal(payload);
        }
    }
}
