using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace SocketKit.NetProbe;

internal static class Icmp
{
    /// <summary>One echo on the loopback of each family.</summary>
    public static void Echo()
    {
        Outcome.Print("ICMP", static () => Echo(IPAddress.Loopback, request: 8, reply: 0));
        Outcome.Print("ICMPv6", static () => Echo(IPAddress.IPv6Loopback, request: 128, reply: 129));
    }

    /// <summary>What a process without the right is told.</summary>
    public static void OpenRaw()
    {
        foreach (AddressFamily family in new[] { AddressFamily.InterNetwork, AddressFamily.InterNetworkV6 })
        {
            Outcome.Print($"OpenIcmp {family}", () => Message(() => RawEndpoint.OpenIcmp(family)));
            Outcome.Print($"Open {family}", () => Message(() => RawEndpoint.Open(family, ProtocolType.Udp)));
        }
    }

    private static string Message(Func<RawEndpoint> open)
    {
        try
        {
            using RawEndpoint endpoint = open();
            return "is open";
        }
        catch (SocketException exception)
        {
            // The test judges it.
            return $"{Outcome.Describe(exception)}: {exception.Message}";
        }
    }

    private static string Echo(IPAddress target, byte request, byte reply)
    {
        using RawEndpoint icmp = RawEndpoint.OpenIcmp(target.AddressFamily);
        icmp.ReceiveTimeout = TimeSpan.FromSeconds(30);

        // RFC 792 and RFC 4443: type, code, checksum, identifier, sequence. The kernel fills in the checksum of a socket like this.
        byte[] message = new byte[8];
        message[0] = request;
        BinaryPrimitives.WriteUInt16BigEndian(message.AsSpan(6), 7);
        icmp.SendTo(message, new IPEndPoint(target, 0));
        byte[] buffer = new byte[64];
        int length = icmp.ReceiveFrom(buffer).Length;
        string kind = icmp.IsUnprivileged ? "unprivileged" : "raw";
        string answer = buffer[0] == reply ? "reply" : "no reply";
        return $"{kind}, {length} bytes, {answer} {BinaryPrimitives.ReadUInt16BigEndian(buffer.AsSpan(6))}";
    }
}
