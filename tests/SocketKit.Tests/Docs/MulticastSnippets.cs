using System.Collections.Concurrent;
using System.Net;
using System.Net.NetworkInformation;
using System.Text;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/multicast.md, compiled and run by <see cref="MulticastGuideTests"/>.</summary>
internal static class MulticastSnippets
{
    /// <summary>What the code has printed.</summary>
    public static ConcurrentQueue<string> Printed { get; } = new();

    public static async Task Member(int port, string interfaceName, Action<UdpEndpoint> started)
    {
        var group = IPAddress.Parse("239.255.12.34");
        using var member = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, port));
        member.JoinGroup(group, interfaceName);
        started(member);
        await foreach (OwnedDatagram datagram in member.ReceiveAllAsync())
        {
            using (datagram)
            {
                Console.WriteLine($"{datagram.RemoteEndPoint}: {Encoding.UTF8.GetString(datagram.Data.Span)}");
            }
        }
    }

    public static async Task Sender(IPAddress group, int port, string interfaceName)
    {
        using var sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0));
        sender.MulticastInterfaceName = interfaceName;
        sender.MulticastTimeToLive = 0;
        await sender.SendToAsync("hello, group", new IPEndPoint(group, port));
    }

    public static string ByAddress(IPAddress address)
    {
        NetworkInterface found = NetworkInterface.GetAllNetworkInterfaces().First(candidate =>
            candidate.GetIPProperties().UnicastAddresses.Any(unicast => unicast.Address.Equals(address)));
        string interfaceName = found.Name;
        return interfaceName;
    }

    public static int Everywhere(UdpEndpoint member, IPAddress group)
    {
        int joined = 0;
        foreach (NetworkInterface each in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (each.OperationalStatus == OperationalStatus.Up && each.SupportsMulticast && each.Supports(NetworkInterfaceComponent.IPv4))
            {
                member.JoinGroup(group, each.Name);
                joined++;
            }
        }

        return joined;
    }

    public static void OnlyOwnGroups(UdpEndpoint member)
    {
        if (OperatingSystem.IsLinux())
        {
            member.SetOption(SocketOption.MulticastAll, false);
        }
    }

    public static void AllButOne(UdpEndpoint member, IPAddress group, string interfaceName, IPAddress source)
    {
        member.BlockSource(group, source, interfaceName);
        member.UnblockSource(group, source, interfaceName);
    }

    public static void OneSource(UdpEndpoint member, IPAddress group, string interfaceName, IPAddress source)
    {
        member.JoinGroup(group, interfaceName, source);
    }

    public static (UdpEndpoint One, UdpEndpoint Other) Shared(int port, IPAddress group, string interfaceName)
    {
        var options = new UdpEndpointOptions { ReuseAddress = true };
        UdpEndpoint one = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, port), options);
        UdpEndpoint other = UdpEndpoint.Bind(one.LocalEndPoint, options);
        one.JoinGroup(group, interfaceName);
        other.JoinGroup(group, interfaceName);
        return (one, other);
    }

    public static void OverIPv6(UdpEndpoint sender, IPAddress group, string interfaceName, Action<UdpEndpoint> started)
    {
        using var member = UdpEndpoint.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        member.JoinGroup(group, interfaceName);
        sender.MulticastInterfaceName = interfaceName;
        sender.SendTo("hello, link", new IPEndPoint(group, member.Port));
        started(member);
    }

    public static void Broadcast(IPAddress broadcastAddress, int port)
    {
        using var sender = UdpEndpoint.Bind(new IPEndPoint(IPAddress.Any, 0), new UdpEndpointOptions { EnableBroadcast = true });
        sender.SendTo("anybody there?", new IPEndPoint(broadcastAddress, port));
    }

    public static async Task Answer(UdpEndpoint door, UdpEndpoint service, IPAddress group)
    {
        await foreach (OwnedDatagram question in door.ReceiveAllAsync())
        {
            using (question)
            {
                // ReceivePacketInfo is set for the door: a question that was not sent to the group gets no answer.
                if (group.Equals(question.LocalAddress))
                {
                    await service.SendToAsync("here", question.RemoteEndPoint!);
                }
            }
        }
    }

    public static async Task<IPEndPoint?> Find(UdpEndpoint client, IPAddress group, int port)
    {
        byte[] buffer = new byte[64];
        for (int attempt = 1; attempt <= 5; attempt++)
        {
            await client.SendToAsync("where are you?", new IPEndPoint(group, port));
            try
            {
                ReceivedDatagram answer = await client.ReceiveFromAsync(buffer, TimeSpan.FromMilliseconds(500));
                return (IPEndPoint)answer.RemoteEndPoint!;
            }
            catch (SocketTimeoutException)
            {
                // Lost, or nobody is there yet. Ask again.
            }
        }

        return null;
    }

    private static class Console
    {
        public static void WriteLine(string line) => Printed.Enqueue(line);
    }
}
