using System.Globalization;

namespace SocketKit.Compare;

/// <summary>The program that makes and measures the load: the one in C, else the one in C# on plain sockets.</summary>
/// <param name="Program">The beginning of each of its commands.</param>
/// <param name="About">What it is, for the report.</param>
internal sealed record Generator(IReadOnlyList<string> Program, string About)
{
    /// <summary>What SocketKit.Load takes before the commands that it has in common with native-load.</summary>
    public const string Word = "generate";

    /// <summary>Start-up: the seconds that are shown one by one.</summary>
    public const int StartUpSeconds = 10;

    /// <summary>The generator is told when to measure; this is only for the case that nobody tells it.</summary>
    private const double SpareWarmUp = 5;

    /// <summary>Idle: seconds until a server has let go of what its first connections needed.</summary>
    private const double IdleWarmUp = 3;

    /// <summary>Idle: seconds for which the connections are held before the memory is read.</summary>
    private const double IdleSeconds = 4;

    /// <summary>Connections from one source address: it has some 28 000 ports (ip_local_port_range in ip(7)).</summary>
    private const int ConnectionsOfAddress = 15_000;

    /// <summary>Addresses for connections that come and go: their ports stay taken for a minute.</summary>
    private const int AddressesForConnects = 16;

    public static Generator Of(Programs programs) => programs.Native is { } native
        ? new Generator([native], $"native-load, {programs.Compiler}")
        : new Generator([programs.Load, Word], "SocketKit.Load generate, C# on plain sockets, because there is no gcc here");

    /// <summary>Whether this program can end the warm-up.</summary>
    public static bool IsWatched(Cell cell) => cell.Kind is not (LoadKind.Idle or LoadKind.StartUp);

    /// <param name="cell">The load.</param>
    /// <param name="port">Of the server.</param>
    /// <param name="process">Of the server.</param>
    /// <param name="timing">Length of warm-up and measurement.</param>
    /// <param name="rate">Messages per second at a fixed rate.</param>
    public IReadOnlyList<string> CommandFor(Cell cell, int port, int process, Timing timing, double? rate) =>
        cell.Kind == LoadKind.Receive ? SendFor(cell, port, process, timing, rate) :
    [
        .. Program,
        cell.Kind switch { LoadKind.Connect => "connect", LoadKind.Idle => "idle", _ => "echo" },
        cell.Kind == LoadKind.Datagrams ? "--udp" : "--tcp", Number(port),
        "--connections", Number(cell.Connections),
        .. cell.Kind is LoadKind.Connect or LoadKind.Idle ? (string[])[] : ["--size", Number(cell.Size), .. Pace(cell, rate)],
        .. Duration(cell, timing),
        .. Tls(cell),
        "--server-pid", Number(process),
        .. Sources(cell),
    ];

    private string[] SendFor(Cell cell, int port, int process, Timing timing, double? rate) =>
    [
        .. Program, "send", "--udp", Number(port), "--size", Number(cell.Size), "--segments", Number(cell.SegmentsOfRun),
        .. Pace(cell, rate), .. Duration(cell, timing), "--server-pid", Number(process),
    ];

    private static string[] Pace(Cell cell, double? rate) =>
        rate is { } perSecond ? ["--rate", Number(perSecond)] : ["--depth", Number(cell.Depth)];

    private static string[] Duration(Cell cell, Timing timing) => cell.Kind switch
    {
        LoadKind.Idle => ["--warmup", Number(IdleWarmUp), "--seconds", Number(IdleSeconds)],
        LoadKind.StartUp => ["--warmup", Number(StartUpSeconds + 0.5), "--seconds", Number(timing.Seconds), "--every", "1"],
        _ =>
        [
            "--warmup", Number(timing.LongestWarmUp + SpareWarmUp), "--seconds", Number(timing.Seconds),
            "--every", Number(timing.LineSeconds), "--go",
        ],
    };

    private static string[] Tls(Cell cell) => !cell.IsTls ? [] : cell.Resumes ? ["--tls", "--resume"] : ["--tls"];

    private static string[] Sources(Cell cell)
    {
        int addresses = cell.Kind == LoadKind.Connect ? AddressesForConnects : 1 + ((cell.Connections - 1) / ConnectionsOfAddress);
        return addresses == 1 || cell.Kind == LoadKind.Datagrams || !OperatingSystem.IsLinux() ? [] : ["--sources", Number(addresses)];
    }

    private static string Number(double value) => value.ToString("0.###", CultureInfo.InvariantCulture);
}
