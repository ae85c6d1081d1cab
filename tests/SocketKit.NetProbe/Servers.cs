using System.Globalization;
using System.Net;
using System.Runtime.Versioning;

namespace SocketKit.NetProbe;

internal static class Servers
{
    /// <summary>Shorter than the test waits, so that it sees what was missing.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(15);

    /// <summary>Listens on each port for a moment.</summary>
    public static void Listen(string[] ports)
    {
        foreach (string port in ports)
        {
            Outcome.Print($"TCP {port}", () =>
            {
                using TcpServer server = TcpServer.Listen("127.0.0.1", int.Parse(port, CultureInfo.InvariantCulture));
                return "listens";
            });
            Outcome.Print($"UDP {port}", () =>
            {
                using UdpEndpoint endpoint =
                    UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture)));
                return "is bound";
            });
        }
    }

    /// <summary>
    /// Servers that were told no address: where they are, and who reaches them. Makes no other bind(2), and all on this thread.
    /// </summary>
    public static void ListenOnAll()
    {
        Outcome.Print("TCP", static () =>
        {
            using TcpServer server = TcpServer.Listen(0);
            Outcome.Print("TCP from 127.0.0.1", () => Accept(server, "127.0.0.1"));
            Outcome.Print("TCP from ::1", () => Accept(server, "::1"));
            return server.LocalEndPoint.Address;
        });
        Outcome.Print("UDP", static () =>
        {
            using UdpEndpoint server = UdpEndpoint.Bind(0);
            server.ReceiveTimeout = s_limit;
            Outcome.Print("UDP from 127.0.0.1", () => Echo(server, "127.0.0.1"));
            Outcome.Print("UDP from ::1", () => Echo(server, "::1"));
            return server.LocalEndPoint.Address;
        });
    }

    private static string Accept(TcpServer server, string host)
    {
        using TcpClient client = TcpClient.Connect(host, server.Port);
        using TcpConnection connection = server.Accept();
        return $"accepted {connection.RemoteEndPoint!.Address}";
    }

    private static string Echo(UdpEndpoint server, string host)
    {
        using UdpEndpoint client = UdpEndpoint.Connect(host, server.Port);
        client.ReceiveTimeout = s_limit;
        byte[] buffer = new byte[8];
        client.Send("echo"u8);
        ReceivedDatagram request = server.ReceiveFrom(buffer);
        server.SendTo(buffer.AsSpan(0, request.Length), request.RemoteEndPoint!);
        return $"{client.ReceiveFrom(buffer).Length} bytes for {((IPEndPoint)request.RemoteEndPoint!).Address}";
    }

    /// <summary>The modes of the files that servers make in a directory.</summary>
    public static void ShowModes(string folder)
    {
        Outcome.Print("umask", () =>
        {
            string other = Path.Combine(folder, "other");
            File.WriteAllText(other, string.Empty);
            return ModeOf(other);
        });
        Outcome.Print("server", () =>
        {
            string path = Path.Combine(folder, "server");
            using UnixServer server = UnixServer.Listen(path);
            return ModeOf(path);
        });
        Outcome.Print("datagrams", () =>
        {
            string path = Path.Combine(folder, "datagrams");
            using UnixDatagramEndpoint endpoint = UnixDatagramEndpoint.Bind(path);
            return ModeOf(path);
        });
    }

    private static string ModeOf(string path) => OperatingSystem.IsWindows() ? "none" : Convert.ToString((int)ReadMode(path), 8);

    [UnsupportedOSPlatform("windows")]
    private static UnixFileMode ReadMode(string path) => File.GetUnixFileMode(path);
}
