using System.Net;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Udp;

public abstract class UdpInteropTests<TEngine> : DatagramTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    [ToolFact("python3")]
    public async Task A_python_client_is_answered()
    {
        using UdpEndpoint server = Bind();
        const string Client = """
            import socket, sys
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.settimeout(20)
            address = ('127.0.0.1', int(sys.argv[1]))
            for text in ('你好', '', 'x' * 60000):
                s.sendto(text.encode(), address)
                data, sender = s.recvfrom(65536)
                assert data == text.encode() and sender == address, (len(data), sender)
            print('all answered')
            """;

        Task<string> client = Tool.RunAsync(Python.Program, "-c", Client, $"{server.Port}");
        byte[] buffer = new byte[65_536];
        for (int i = 0; i < 3; i++)
        {
            ReceivedDatagram received = await server.ReceiveFromAsync(buffer).Within();
            await server.SendToAsync(buffer.AsMemory(0, received.Length), received.RemoteEndPoint!).Within();
        }

        (await client.Within()).Should().Contain("all answered");
    }

    [ToolFact("python3")]
    public async Task A_python_server_answers()
    {
        using UdpEndpoint client = Bind();
        const string Server = """
            import socket, sys
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.bind(('127.0.0.1', 0))
            s.settimeout(20)
            s.sendto(b'ready', ('127.0.0.1', int(sys.argv[1])))
            for i in range(3):
                data, sender = s.recvfrom(65536)
                s.sendto(data, sender)
            """;
        Task<string> server = Tool.RunAsync(Python.Program, "-c", Server, $"{client.Port}");
        byte[] buffer = new byte[65_536];

        client.ReceiveTimeout = Limits.Hang;
        EndPoint target = client.ReceiveFrom(buffer).RemoteEndPoint!;
        client.ConnectTo((IPEndPoint)target);
        foreach (int length in new[] { 0, 6, 60_000 })
        {
            client.Send(new byte[length]);
            client.Receive(buffer).Length.Should().Be(length);
        }

        await server.Within();
    }

    [ToolFact("socat")]
    public async Task Socat_echoes()
    {
        // The port is free: it was bound a moment ago. socat may need a moment to bind it, and until then refuses.
        IPEndPoint port = DeadEndPoint();
        using Script socat = Script.Start("socat", $"UDP4-RECVFROM:{port.Port},bind=127.0.0.1,fork", "EXEC:cat");
        using UdpEndpoint client = UdpEndpoint.Connect("127.0.0.1", port.Port, UdpOptions);
        byte[] buffer = new byte[64];
        var limit = Task.Delay(Limits.Hang);
        int length = -1;

        client.ReceiveTimeout = Moment;
        while (length < 0 && !limit.IsCompleted)
        {
            try
            {
                await client.SendAsync("hello"u8.ToArray()).Within();
                length = (await client.ReceiveAsync(buffer).Within()).Length;
            }
            catch (System.Net.Sockets.SocketException)
            {
                // Refused, or no answer yet.
            }
        }

        buffer.AsSpan(0, length).SequenceEqual("hello"u8).Should().BeTrue();
    }
}

public sealed class UdpInteropTests_Portable : UdpInteropTests<PortableUnderTest>;

public sealed class UdpInteropTests_Epoll : UdpInteropTests<EpollUnderTest>;
