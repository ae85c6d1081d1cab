using System.Globalization;
using System.Net;
using System.Runtime.Versioning;

namespace SocketKit.NetProbe;

internal static class Servers
{
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
                using UdpEndpoint endpoint = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture)));
                return "is bound";
            });
        }
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
