using System.Net;
using SocketKit;
using AddressFamily = System.Net.Sockets.AddressFamily;

/// <summary>Sends lines to a group. It need not join for that.</summary>
internal static class Sender
{
    public static async Task RunAsync(Arguments wanted)
    {
        IPAddress all = wanted.Group.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
        using UdpEndpoint sender = UdpEndpoint.Bind(new IPEndPoint(all, 0));
        sender.MulticastInterfaceName = wanted.InterfaceName;
        sender.MulticastTimeToLive = wanted.TimeToLive;
        sender.MulticastLoopback = wanted.Loopback;
        Console.WriteLine($"sends each line to {wanted.Group}, port: {wanted.Port}");
        while (await Console.In.ReadLineAsync() is { } line)
        {
            await sender.SendToAsync(line, new IPEndPoint(wanted.Group, wanted.Port));
        }
    }
}
