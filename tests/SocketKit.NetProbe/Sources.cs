using System.Net;

namespace SocketKit.NetProbe;

/// <summary>Servers on all addresses, asked at each of several.</summary>
internal static class Sources
{
    /// <summary>Asks every address, and prints from where the answers came: named by the server, and chosen by the system.</summary>
    public static void Answer(string[] addresses)
    {
        foreach (IPAddress address in addresses.Select(IPAddress.Parse))
        {
            using UdpEndpoint server = UdpEndpoint.Bind(0, new UdpEndpointOptions { ReceivePacketInfo = true });
            using UdpEndpoint client = UdpEndpoint.Bind(0);
            byte[] buffer = new byte[16];
            client.SendTo("?"u8, new IPEndPoint(address, server.Port));
            ReceivedDatagram question = server.ReceiveFrom(buffer);
            var asker = (IPEndPoint)question.RemoteEndPoint!;
            server.SendTo("!"u8, asker, question.LocalAddress!);
            Console.WriteLine($"{address}: {((IPEndPoint)client.ReceiveFrom(buffer).RemoteEndPoint!).Address}");
        }

        using UdpEndpoint sender = UdpEndpoint.Bind(0);
        foreach ((string to, string from) in new[] { ("10.1.0.1", "192.0.2.1"), ("fd00::1", "2001:db8::1") })
        {
            Outcome.Print(
                $"{to} from {from}", () => sender.SendTo("x"u8, new IPEndPoint(IPAddress.Parse(to), sender.Port), IPAddress.Parse(from)));
        }
    }
}
