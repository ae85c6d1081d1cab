using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using AddressFamily = System.Net.Sockets.AddressFamily;

/// <summary>What the command line says.</summary>
internal sealed class Arguments
{
    private const int WrongUsage = 2;
    private const int MostHops = 255;

    /// <summary>"receive" or "send"; empty for both sides in one process.</summary>
    public string Verb { get; private init; } = string.Empty;

    public IPAddress Group { get; private init; } = IPAddress.None;

    public int Port { get; private init; }

    /// <summary>Null: the routing table decides.</summary>
    public string? InterfaceName { get; private set; }

    /// <summary>The only sender to hear; null for all.</summary>
    public IPAddress? Source { get; private set; }

    /// <summary>After how many datagrams a receiver ends.</summary>
    public int Count { get; private set; } = int.MaxValue;

    public int TimeToLive { get; private set; } = 1;

    public bool Loopback { get; private set; } = true;

    public static bool TryParse(string[] args, [NotNullWhen(true)] out Arguments? wanted)
    {
        wanted = null;
        if (args.Length == 0)
        {
            wanted = new Arguments();
            return true;
        }

        if (args is not ["receive" or "send", var address, var text, .. var rest]
            || !IPAddress.TryParse(address, out IPAddress? group)
            || !IsGroup(group)
            || !Sample.TryPort(text, least: 1, out int port))
        {
            return false;
        }

        var parsed = new Arguments { Verb = args[0], Group = group, Port = port };
        if (!parsed.TakeAll(rest))
        {
            return false;
        }

        wanted = parsed;
        return true;
    }

    public static int Refuse()
    {
        Console.Error.WriteLine("usage: UdpMulticast [receive GROUP PORT [-i INTERFACE] [-s SOURCE] [-c COUNT] "
            + "| send GROUP PORT [-i INTERFACE] [-t HOPS] [--no-loopback]]");
        return WrongUsage;
    }

    /// <summary>224.0.0.0/4 (RFC 5771) or ff00::/8 (RFC 4291, section 2.7).</summary>
    private static bool IsGroup(IPAddress address) => address.IsIPv6Multicast
        || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] is >= 224 and <= 239);

    private bool TakeAll(ReadOnlySpan<string> rest)
    {
        while (!rest.IsEmpty)
        {
            int taken = Take(rest);
            if (taken == 0)
            {
                return false;
            }

            rest = rest[taken..];
        }

        return true;
    }

    /// <summary>How many words an option has; 0 if these are no option of the verb.</summary>
    private int Take(ReadOnlySpan<string> words)
    {
        switch ((Verb, words[0], words.Length > 1 ? words[1] : string.Empty))
        {
            case (_, "-i", { Length: > 0 } name):
                InterfaceName = name;
                return 2;
            case ("receive", "-s", var text)
                when IPAddress.TryParse(text, out IPAddress? source) && source.AddressFamily == Group.AddressFamily:
                Source = source;
                return 2;
            case ("receive", "-c", var text) when TryNumber(text, int.MaxValue, out int count) && count > 0:
                Count = count;
                return 2;
            case ("send", "-t", var text) when TryNumber(text, MostHops, out int hops):
                TimeToLive = hops;
                return 2;
            case ("send", "--no-loopback", _):
                Loopback = false;
                return 1;
            default:
                return 0;
        }
    }

    private static bool TryNumber(string text, int most, out int number) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most;
}
