using System.Globalization;
using SocketKit.NetProbe;

// A child process for tests of networks and rights that the test's own process does not have. It does what its first argument says and
// prints one line per outcome: "what: how it ended".
switch (args)
{
    case ["connect", .. var addresses]:
        await Connects.ToAsync(addresses);
        break;
    case ["dual-mode"]:
        await Connects.ThroughDualModeAsync();
        break;
    case ["listen", .. var ports]:
        Servers.Listen(ports);
        break;
    case ["listen-on-all"]:
        Servers.ListenOnAll();
        break;
    case ["modes", var path]:
        Servers.ShowModes(path);
        break;
    case ["names"]:
        await Names.ResolveAsync();
        break;
    case ["late-names"]:
        await Names.ResolveLateAsync();
        break;
    case ["no-ipv6"]:
        await Refusals.WithoutIPv6Async();
        break;
    case ["no-descriptors", var path]:
        Refusals.WithoutDescriptors(path);
        break;
    case ["no-registration"]:
        Refusals.WithoutRegistration();
        break;
    case ["silence"]:
        await SilentPeers.RunAsync();
        break;
    case ["icmp"]:
        Icmp.Echo();
        break;
    case ["join", var group]:
        Multicast.Join(group);
        break;
    case ["sources", .. var asked]:
        Sources.Answer(asked);
        break;
    case ["raw"]:
        Icmp.OpenRaw();
        break;
    case ["segments", var size, var count]:
        Segments.Send(int.Parse(size, CultureInfo.InvariantCulture), int.Parse(count, CultureInfo.InvariantCulture), asBatch: false);
        break;
    case ["batch", var size, var count]:
        Segments.Send(int.Parse(size, CultureInfo.InvariantCulture), int.Parse(count, CultureInfo.InvariantCulture), asBatch: true);
        break;
    default:
        Console.WriteLine("unknown command");
        return 2;
}

return 0;
