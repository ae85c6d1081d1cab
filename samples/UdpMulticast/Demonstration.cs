using System.Net;
using System.Net.NetworkInformation;
using SocketKit;

/// <summary>Three receivers of one group on loopback: two hear everybody, the third hears one sender only, who says nothing.</summary>
internal static class Demonstration
{
    /// <summary>239.0.0.0/8 is for private use (RFC 2365).</summary>
    private static readonly IPAddress s_group = IPAddress.Parse("239.255.81.27");

    /// <summary>An address for documentation (RFC 5737), so nobody sends from it.</summary>
    private static readonly IPAddress s_nobody = IPAddress.Parse("192.0.2.1");

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    public static async Task RunAsync()
    {
        string loopback = NetworkInterface.GetAllNetworkInterfaces()
            .First(static candidate => candidate.NetworkInterfaceType == NetworkInterfaceType.Loopback).Name;
        using UdpEndpoint first = Receiver.Join(s_group, 0, loopback, source: null);
        using UdpEndpoint second = Receiver.Join(s_group, first.Port, loopback, IPAddress.Loopback);
        using UdpEndpoint third = Receiver.Join(s_group, first.Port, loopback, s_nobody);
        Console.WriteLine($"three receivers have joined {s_group} on {loopback}, port: {first.Port}");

        // Bound to localhost, the datagrams have the sender 127.0.0.1. 0 hops: they do not leave this machine.
        using UdpEndpoint sender = UdpEndpoint.Bind("localhost", 0);
        sender.MulticastInterfaceName = loopback;
        sender.MulticastTimeToLive = 0;
        foreach (string text in new[] { "hello, group", "and good-bye" })
        {
            await sender.SendToAsync(text, new IPEndPoint(s_group, first.Port));
        }

        await PrintAsync("joined for all senders", first, 2);
        await PrintAsync("joined for 127.0.0.1", second, 2);

        // The first two have both datagrams, and the kernel gives each one to all members at once.
        bool hasHeard = third.TryReceiveFrom(new byte[64], out _);
        Console.WriteLine($"[joined for {s_nobody}] {(hasHeard ? "has heard somebody else" : "has heard nobody")}");

        second.LeaveGroup(s_group, loopback, IPAddress.Loopback);
        second.JoinGroup(s_group, loopback, s_nobody);
        await sender.SendToAsync("who is still there?", new IPEndPoint(s_group, first.Port));
        await PrintAsync("joined for all senders", first, 1);
        hasHeard = second.TryReceiveFrom(new byte[64], out _);
        Console.WriteLine($"[has changed to {s_nobody}] {(hasHeard ? "has heard somebody else" : "has heard nobody")}");
    }

    private static async Task PrintAsync(string who, UdpEndpoint member, int count)
    {
        byte[] buffer = new byte[64];
        member.ReceiveTimeout = s_patience;
        while (count > 0)
        {
            if (await Receiver.ReceiveAsync(member, s_group, buffer) is { } line)
            {
                Console.WriteLine($"[{who}] {line}");
                count--;
            }
        }
    }
}
