using System.Net;
using System.Text;
using SocketKit;
using AddressFamily = System.Net.Sockets.AddressFamily;

/// <summary>Joins a group and prints what is sent to it.</summary>
internal static class Receiver
{
    public static async Task RunAsync(Arguments wanted)
    {
        using UdpEndpoint member = Join(wanted.Group, wanted.Port, wanted.InterfaceName, wanted.Source);
        Console.WriteLine($"joined {wanted.Group} on {wanted.InterfaceName ?? "the interface of the routing table"}, port: {member.Port}");
        using var stop = new CancellationTokenSource();
        Console.CancelKeyPress += (_, pressed) =>
        {
            pressed.Cancel = true;
            stop.Cancel();
        };

        byte[] buffer = new byte[65_535];
        try
        {
            for (int left = wanted.Count; left > 0;)
            {
                if (await ReceiveAsync(member, wanted.Group, buffer, stop.Token) is { } line)
                {
                    Console.WriteLine(line);
                    left--;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Ctrl+C. Closing the endpoint leaves the group.
        }
    }

    /// <summary>An endpoint that has joined: of all senders, or of one.</summary>
    public static UdpEndpoint Join(IPAddress group, int port, string? interfaceName, IPAddress? source)
    {
        // All addresses: on Linux an endpoint on an address of this machine hears nothing of a group.
        IPAddress all = group.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any;
        UdpEndpoint member = UdpEndpoint.Bind(new IPEndPoint(all, port), new UdpEndpointOptions
        {
            // Further receivers on this machine may have the port, too. Each gets every datagram.
            ReuseAddress = true,

            // Each datagram then says where it was sent to.
            ReceivePacketInfo = true,
        });
        try
        {
            if (interfaceName is null)
            {
                member.JoinGroup(group, source: source);
            }
            else
            {
                member.JoinGroup(group, interfaceName, source);
            }

            return member;
        }
        catch
        {
            // No such interface, or no group: the port must not stay taken.
            member.Dispose();
            throw;
        }
    }

    /// <summary>The next line. Null if what came was not sent to the group: the port is open on all addresses.</summary>
    public static async Task<string?> ReceiveAsync(UdpEndpoint member, IPAddress group, byte[] buffer, CancellationToken stop = default)
    {
        ReceivedDatagram datagram = await member.ReceiveFromAsync(buffer, stop);
        return group.Equals(datagram.LocalAddress)
            ? $"{((IPEndPoint)datagram.RemoteEndPoint!).Address}: {Encoding.UTF8.GetString(buffer, 0, datagram.Length)}"
            : null;
    }
}
