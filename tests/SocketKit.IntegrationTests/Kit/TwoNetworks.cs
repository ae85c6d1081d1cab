using System.Net;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// Two machines, as far as the kernel is concerned, that are joined by two cables. Interface here0 leads to there0, and here1 to there1.
/// Cable N has the addresses 10.60.N.1 and fd60:N::1 here, 10.60.N.2 and fd60:N::2 there, and further ones of the same networks there.
/// </summary>
internal sealed class TwoNetworks : IDisposable
{
    /// <summary>What the test's attribute tries; the networks themselves are made of more than one namespace.</summary>
    public const string Needs = "ip link add here0 type veth peer name there0; sysctl -qw net.ipv6.conf.default.accept_dad=0; "
        + "ip addr add fd60:0::1/64 dev here0";

    /// <summary>Duplicate address detection would keep an address of IPv6 from being used for a second.</summary>
    private const string AtOnce = "sysctl -qw net.ipv6.conf.default.accept_dad=0";

    public TwoNetworks()
    {
        There = new NetworkNamespace(AtOnce);
        Here = new NetworkNamespace(AtOnce);
        int[] cables = [0, 1];
        Here.Shell(InOneProcess(cables.SelectMany(cable => new[]
        {
            $"link add here{cable} type veth peer name there{cable} netns {There.File}",
            $"link set here{cable} up",
            $"addr add 10.60.{cable}.1/24 dev here{cable}",
            $"addr add fd60:{cable}::1/64 dev here{cable} nodad",
        })));
        There.Shell(InOneProcess(cables.SelectMany(static cable => Enumerable.Range(2, 3).SelectMany(last => new[]
        {
            $"link set there{cable} up",
            $"addr add 10.60.{cable}.{last}/24 dev there{cable}",
            $"addr add fd60:{cable}::{last}/64 dev there{cable} nodad",
        }))) + string.Join("; ", cables.Select(static cable => Up($"there{cable}"))));
        Here.Shell(string.Join("; ", cables.Select(static cable => Up($"here{cable}"))));
    }

    public NetworkNamespace Here { get; }

    public NetworkNamespace There { get; }

    /// <summary>The address with the last number on a cable.</summary>
    public static IPAddress Address(bool isIPv6, int cable, int last) =>
        IPAddress.Parse(isIPv6 ? $"fd60:{cable}::{last}" : $"10.60.{cable}.{last}");

    /// <summary>
    /// Waits until both ends of a cable are up. The kernel notices that on a thread of its own (net/core/link_watch.c), and may drop what
    /// is sent before.
    /// </summary>
    public void AwaitCable(int cable)
    {
        Here.Shell(Up($"here{cable}"));
        There.Shell(Up($"there{cable}"));
    }

    public void Dispose()
    {
        Here.Dispose();
        There.Dispose();
    }

    /// <summary>One ip(8) for many of its commands: hundreds of tests make such networks.</summary>
    private static string InOneProcess(IEnumerable<string> commands) => $"ip -batch - <<'END'\n{string.Join('\n', commands)}\nEND\n";

    private static string Up(string name) => $"until ip -o link show {name} | grep -q 'state UP'; do sleep 0.01; done";
}
