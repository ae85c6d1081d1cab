using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Network;

/// <summary>
/// Networks that no test machine has: a child process sees them in a namespace of its own, and the test compares what it prints.
/// </summary>
public abstract class NamespaceTests
{
    private const string Routes =
        "ip route add unreachable 10.9.0.0/16; ip route add prohibit 10.8.0.0/16; ip route add blackhole 10.7.0.0/16";

    private const string OnlyIPv6 =
        "f=$(mktemp); printf '127.0.0.1 localhost\\n::1 localhost\\n' > $f; mount --bind $f /etc/hosts; rm $f; ip -4 addr flush dev lo; "
        + "ip -6 route get ::1 > /dev/null";

    private const string OwnNameServer =
        "f=$(mktemp); printf 'nameserver 127.0.0.1\\noptions timeout:30 attempts:1\\n' > $f; mount --bind $f /etc/resolv.conf; rm $f";

    private const string NoIPv6 = "sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1";

    private const string TwoAddresses =
        "for a in 10.1.0.1/24 10.1.0.2/24 fd00::1/64 fd00::2/64; do ip addr add $a dev lo; done";

    private const string Firewall = "iptables -A INPUT -p tcp --dport 1 -j DROP";

    /// <summary>What makes the kernel give up on a silent peer.</summary>
    private static readonly string[] s_watches = ["UserTimeout", "KeepAlive"];

    protected abstract string EngineName { get; }

    [NamespaceFact(Routes)]
    public async Task A_forbidden_or_missing_route_is_an_error_of_the_connect()
    {
        (string Address, string Error)[] routes =
        [
            ("10.9.0.1", "HostUnreachable"), ("10.8.0.1", "AccessDenied"), ("10.7.0.1", "InvalidArgument"),
            ("10.6.0.1", "NetworkUnreachable"),
        ];

        IReadOnlyList<string> lines = await InNamespace(Routes, ["connect", .. routes.Select(static route => route.Address)]);

        lines.Should().Equal(routes.SelectMany(static route => new[]
        {
            $"Connect {route.Address}: SocketConnectException {route.Error} of {route.Error}",
            $"Connect name {route.Address}: SocketConnectException {route.Error} of {route.Error}",
            $"TryConnect {route.Address}: False {route.Error}",
            $"TryConnectAsync {route.Address}: False {route.Error}",
            $"ConnectAsync {route.Address}: SocketConnectException {route.Error} of {route.Error}",
            $"UDP {route.Address}: SocketOperationException {route.Error}",
        }));
    }

    [NamespaceFact(OnlyIPv6)]
    public async Task A_host_with_IPv6_alone_serves_and_connects()
    {
        IReadOnlyList<string> lines = await InNamespace(OnlyIPv6, "dual-mode");

        lines.Should().Equal(
            "Connect localhost: echo from ::1",
            "ConnectAsync localhost: echo from ::1",
            "Connect ::1: echo from ::1",
            "ConnectAsync ::1: echo from ::1",
            "Connect 127.0.0.1: SocketConnectException NetworkUnreachable of NetworkUnreachable",
            "ConnectAsync 127.0.0.1: SocketConnectException NetworkUnreachable of NetworkUnreachable");
    }

    /// <summary>The kernel still takes the unspecified address, at which IPv4 arrives.</summary>
    [NamespaceFact(NoIPv6)]
    public async Task Where_IPv6_is_switched_off_servers_of_both_families_serve_IPv4()
    {
        IReadOnlyList<string> lines = await InNamespace(NoIPv6, "listen-on-all");

        lines.Should().Equal(OnAll("::", "SocketConnectException AddressNotAvailable of AddressNotAvailable"));
    }

    [NamespaceFact(NoIPv6)]
    public async Task Where_IPv6_is_switched_off_for_NET_servers_of_both_families_are_bound_to_IPv4()
    {
        IReadOnlyList<string> lines = await NetProbe.RunAsync(
            EngineName, [.. NetProbe.Namespace(NoIPv6), "env", "DOTNET_SYSTEM_NET_DISABLEIPV6=1"], "listen-on-all");

        lines.Should().Equal(OnAll("0.0.0.0", "SocketConnectException AddressNotAvailable of AddressNotAvailable"));
    }

    /// <summary>Each first bind fails; without diagnostics the runtime makes none of its own.</summary>
    [NamespaceFact(NoIPv6 + "; strace -qq -o /dev/null true")]
    public async Task Where_the_IPv6_address_cannot_be_bound_servers_of_both_families_are_bound_to_IPv4()
    {
        string[] strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=bind", "-e", "inject=bind:error=EADDRNOTAVAIL:when=1+2"];
        IReadOnlyList<string> lines = await NetProbe.RunAsync(
            EngineName, [.. NetProbe.Namespace(NoIPv6), "env", "DOTNET_EnableDiagnostics=0", .. strace], "listen-on-all");

        lines.Should().Equal(OnAll("0.0.0.0", "SocketConnectException AddressNotAvailable of AddressNotAvailable"));
    }

    [NamespaceFact(OwnNameServer)]
    public async Task A_name_server_that_says_no_or_nothing_is_told_apart()
    {
        IReadOnlyList<string> lines = await InNamespace(OwnNameServer, "names");

        lines.Should().Equal(
            "Connect good: 127.0.0.1",
            "ConnectAsync good: 127.0.0.1",
            "Connect unknown: SocketConnectException HostNotFound",
            "ConnectAsync unknown: SocketConnectException HostNotFound",
            "Connect failing: SocketConnectException TryAgain",
            "ConnectAsync failing: SocketConnectException TryAgain",
            "Connect empty: SocketConnectException HostNotFound",
            "ConnectAsync empty: SocketConnectException HostNotFound",
            "Connect silent: SocketConnectException TimedOut in time",
            "ConnectAsync silent: SocketConnectException TimedOut in time",
            "ConnectAsync silent, cancelled: OperationCanceledException in time");
    }

    /// <summary>Twelve look-ups in a row would take longer than a connect may.</summary>
    [NamespaceFact(OwnNameServer)]
    public async Task A_slow_name_server_is_asked_in_parallel_and_given_up_without_a_trace()
    {
        IReadOnlyList<string> lines = await InNamespace(OwnNameServer, "late-names");

        const string Dead = "failing.test.:80 failed: no name server answered, or it could not tell now (TryAgain). "
            + "The name may exist; try again later.";
        lines.Should().Equal(
        [
            .. Enumerable.Range(0, 12).Select(static i => $"ConnectAsync lagging {i}: 127.0.0.1"),
            "UDP ConnectAsync silent, cancelled: OperationCanceledException in time",
            "ConnectAsync waiting: SocketConnectException TimedOut",
            $"ConnectAsync: connect to {Dead}",
            $"UDP ConnectAsync: connect to {Dead}",
            $"Connect: connect to {Dead}",
            $"UDP Connect: connect to {Dead}",
            $"Listen: listen on {Dead}",
            $"Bind: bind on {Dead}",
            "unobserved: 0",
        ]);
    }

    [NamespaceFact(TwoAddresses)]
    public async Task A_datagram_server_on_all_addresses_answers_from_the_one_that_was_asked()
    {
        string[] addresses = ["10.1.0.1", "10.1.0.2", "fd00::1", "fd00::2"];

        IReadOnlyList<string> lines = await InNamespace(TwoAddresses, ["sources", .. addresses]);

        lines.Should().Equal(
        [
            .. addresses.Select(static address => $"{address}: {address}"),
            "10.1.0.1 from 192.0.2.1: SocketOperationException AddressNotAvailable",
            "fd00::1 from 2001:db8::1: SocketOperationException AddressNotAvailable",
        ]);
    }

    /// <summary>A time-out of the kernel's is the end of the connection, and one of ours is not; so they have different types.</summary>
    [NamespaceFact(Firewall)]
    public async Task A_peer_that_the_kernel_gives_up_on_is_no_timeout_of_ours()
    {
        IReadOnlyList<string> lines = await InNamespace(Firewall, "silence");

        lines.Should().Equal(s_watches.SelectMany(static option => new[]
        {
            $"{option} Receive: SocketOperationException TimedOut",
            $"{option} Receive, then: TimedOut",
            $"{option} Receive before its deadline: SocketOperationException TimedOut",
            $"{option} Receive before its deadline, then: TimedOut",
            $"{option} ReceiveAsync: SocketOperationException TimedOut",
            $"{option} ReceiveAsync, then: TimedOut",
        }));
    }

    private static string[] OnAll(string address, string refusal) =>
    [
        "TCP from 127.0.0.1: accepted 127.0.0.1",
        $"TCP from ::1: {refusal}",
        $"TCP: {address}",
        "UDP from 127.0.0.1: 4 bytes for 127.0.0.1",
        $"UDP from ::1: {refusal}",
        $"UDP: {address}",
    ];

    private Task<IReadOnlyList<string>> InNamespace(string setup, params string[] command) =>
        NetProbe.RunAsync(EngineName, NetProbe.Namespace(setup), command);
}

public sealed class NamespaceTests_Portable : NamespaceTests
{
    protected override string EngineName => "portable";
}

public sealed class NamespaceTests_Epoll : NamespaceTests
{
    protected override string EngineName => "epoll";
}
