using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>Provokes what samples/guide/errors.md explains, on Linux, and collects what the library says.</summary>
internal static class ErrorMessages
{
    /// <summary>TEST-NET-2 (RFC 5737): no machine has it.</summary>
    private static readonly IPAddress s_foreign = IPAddress.Parse("198.51.100.1");

    private static readonly IPAddress s_group = IPAddress.Parse("239.255.12.34");

    /// <param name="folder">An empty directory.</param>
    public static List<string> All(string folder) =>
        [.. Refused(), .. OfConnections(), .. OfMessages(), .. OfDatagrams(), .. OfUnix(folder)];

    private static IEnumerable<string> Refused()
    {
        using var server = TcpServer.Listen("localhost", 0);
        yield return Of(() => TcpServer.Listen("localhost", server.Port).Dispose());
        yield return Reasons.Of(SocketError.AddressAlreadyInUse, SocketOperation.Listen, new IPEndPoint(IPAddress.Loopback, 0));
        yield return Reasons.Of(SocketError.AccessDenied, SocketOperation.Listen, new IPEndPoint(IPAddress.Loopback, 80));
        yield return Of(() => TcpServer.Listen(new IPEndPoint(s_foreign, 4711)).Dispose());
        int port = server.Port;
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        yield return Of(() => TcpClient.Connect((IPEndPoint)silent.LocalEndPoint!).Dispose());
        yield return Of(() => TcpClient.Connect("http://localhost", port).Dispose());
        yield return Of(() => TcpClient.Connect("localhost:80", port).Dispose());
        yield return Of(() => TcpClient.Connect("localhost", port, new TcpClientOptions { AddressFilter = static _ => false }).Dispose());
        foreach (SocketError error in Enum.GetValues<SocketError>())
        {
            yield return Reasons.Of(error, SocketOperation.Connect);
        }
    }

    private static IEnumerable<string> OfConnections()
    {
        (TcpConnection one, TcpConnection other) = TcpConnection.CreatePair();
        one.ReceiveTimeout = TimeSpan.FromMilliseconds(1);
        yield return Of(() => one.Receive(new byte[1]));
        one.Blocking = false;
        yield return Of(() => one.Receive(new byte[1]));
        one.Blocking = true;
        yield return Of(() => one.SetRawOption(6, 9999, new byte[4]));
        yield return Of(() => one.SetOption(SocketOption.MaxSegmentSize, 1));
        yield return Of(() => one.SetOption(SocketOption.Congestion, "no-such"));
        ValueTask<int> first = one.ReceiveAsync(new byte[1]);
        yield return Of(() => one.Receive(new byte[1]));
        one.ShutdownSend();
        yield return Of(() => one.Send("x"u8));
        other.Send("abc"u8);
        first.AsTask().Wait(Limits.Hang);
        other.ShutdownSend();
        yield return Of(() => one.ReceiveExactly(new byte[8]));
        one.Dispose();
        yield return Of(() => one.Send("x"u8));
        other.Abort();

        (one, other) = TcpConnection.CreatePair();
        other.Abort();
        yield return Of(() => one.Receive(new byte[1]));
        yield return Of(() => one.Send("x"u8));
        one.Dispose();

        var server = TcpServer.Listen("localhost", 0);
        server.Dispose();
        yield return Of(() => server.Accept());
    }

    private static IEnumerable<string> OfMessages()
    {
        (TcpConnection peer, TcpConnection own) = TcpConnection.CreatePair();
        MessageChannel messages = own.GetMessages(MessageFraming.LengthPrefix(2), new MessageOptions { MaxMessageSize = 1_000 });
        yield return Of(() => messages.Send(new byte[1_001]));
        peer.Send("GE"u8);
        yield return Of(() => messages.Receive());
        yield return Of(() => messages.Send(new byte[1]));
        peer.Dispose();

        (peer, own) = TcpConnection.CreatePair();
        messages = own.GetMessages(MessageFraming.LengthPrefix(2), new MessageOptions { MessageTimeout = TimeSpan.FromMilliseconds(1) });
        yield return Of(() => messages.Send(new byte[66_000]));
        peer.Send([0]);
        yield return Of(() => messages.Receive());
        peer.Dispose();
    }

    private static IEnumerable<string> OfDatagrams()
    {
        using var endpoint = UdpEndpoint.Bind("localhost", 0);
        using var peer = UdpEndpoint.Bind("localhost", 0);
        yield return Of(() => endpoint.SendTo(new byte[65_508], peer.LocalEndPoint));
        yield return Of(() => endpoint.SendTo("x"u8, new IPEndPoint(IPAddress.IPv6Loopback, 9)));
        yield return Of(() => endpoint.LeaveGroup(s_group, interfaceIndex: 1));
        endpoint.JoinGroup(s_group, interfaceIndex: 1);
        yield return Of(() => endpoint.JoinGroup(s_group, interfaceIndex: 1));
        yield return Of(() => endpoint.JoinGroup(s_group, "no-such-name"));
        endpoint.ConnectTo(peer.LocalEndPoint);
        yield return Of(() => endpoint.SendTo("x"u8, endpoint.LocalEndPoint));
    }

    private static IEnumerable<string> OfUnix(string folder)
    {
        string path = Path.Combine(folder, "s");
        yield return Of(() => UnixClient.Connect(path).Dispose());
        yield return Of(() => UnixServer.Listen(new string('x', 205)).Dispose());
        yield return Of(() => UnixServer.Listen(Path.Combine(folder, "no/where")).Dispose());
        using (UnixServer server = UnixServer.Listen(path))
        {
            yield return Of(() => UnixServer.Listen(path).Dispose());
        }

        File.WriteAllText(path, string.Empty);
        yield return Of(() => UnixServer.Listen(path).Dispose());
        yield return Of(() => UnixClient.Connect(path).Dispose());
        string log = Path.Combine(folder, "log");
        using var datagrams = UnixDatagramEndpoint.Bind(log);
        yield return Of(() => UnixClient.Connect(log).Dispose());
    }

    private static string Of(Action call) => Record.Exception(call)?.Message ?? "nothing was thrown";
}
