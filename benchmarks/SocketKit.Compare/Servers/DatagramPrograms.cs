using System.Globalization;

namespace SocketKit.Compare;

/// <summary>Who takes part where datagrams go one way or in batches, and how it is started.</summary>
internal sealed class DatagramPrograms(Programs programs)
{
    /// <summary>Datagrams per call of those that send or receive batches.</summary>
    private const int Batch = 32;

    /// <summary>Runs per call of those that get them as one: each needs 64 KiB.</summary>
    private const int Runs = 8;

    /// <summary>The longest datagram of a batch, but for cells with longer ones.</summary>
    private const int SlotBytes = 2048;

    /// <summary>UDP_MAX_SEGMENTS (include/linux/udp.h); later kernels take more.</summary>
    private const int MostSegments = 64;

    /// <summary>65535 less the headers of IPv4 and UDP.</summary>
    private const int LongestRun = 65507;

    private const string EpollBatch = "epoll-batch";
    private const string EpollOffload = "epoll-offload";
    private const string CBatch = "c-batch";
    private const string COffload = "c-offload";

    /// <summary>Those that are for datagrams only.</summary>
    public IEnumerable<Contestant> Known => !OperatingSystem.IsLinux() ? [] :
    [
        Variant(EpollBatch, $"SocketKit on its epoll engine, up to {Batch} datagrams per call, no offload"),
        Variant(EpollOffload, "SocketKit on its epoll engine, runs that the kernel cuts (SendSegments) and joins (ReceiveBatch)"),
        .. programs.Native is null ? [] : (Contestant[])
        [
            Variant(CBatch, $"C with sendmmsg and recvmmsg, up to {Batch} datagrams per call"),
            Variant(COffload, "C with UDP_SEGMENT and UDP_GRO"),
        ],
    ];

    private string Native => programs.Native ?? "native-load";

    /// <summary>The most datagrams of a size that go as one run.</summary>
    public static int SegmentsOf(int size, int most = MostSegments) => Math.Clamp(LongestRun / size, 1, most);

    /// <summary>The server for a cell: what receives, or echoes; null if the contestant does not take part.</summary>
    public Launch? Server(string name, Cell cell, int port) => cell.Kind switch
    {
        LoadKind.Send when SenderOf(name, cell) is not null => new Launch(
        [
            Native, "sink", .. PortOf(COffload, port), "--batch", Number(cell.IsGro ? Runs : Batch),
            .. cell.IsGro ? (string[])["--gro"] : [],
        ]),
        LoadKind.Receive when ReceiverOf(name, cell) is { } receiver => new Launch([.. receiver, .. PortOf(name, port)]),
        LoadKind.Datagrams when EchoOf(name, cell) is { } echo => new Launch([.. echo, .. PortOf(name, port)]),
        _ => null,
    };

    /// <summary>The sender that is compared; null in cells in which nobody's is.</summary>
    public List<string>? Sender(string name, Cell cell, int port, IEnumerable<string> duration) =>
        cell.Kind == LoadKind.Send && SenderOf(name, cell) is { } sender
            ? [.. sender, .. PortOf(name, port), "--size", Number(cell.Size), .. duration]
            : null;

    private Contestant Variant(string name, string about) => new(name, about, (cell, port) => Server(name, cell, port))
    {
        Client = (cell, port, timing) => Sender(name, cell, port, Catalog.DurationOf(timing)),
    };

    private string[]? SenderOf(string name, Cell cell) => name switch
    {
        "raw" or "raw-sync" => [programs.Load, "client", "udp-send", "--by", name],
        "portable" or "epoll" => [programs.Load, "client", "udp-send", "--by", "one", "--engine", name],
        EpollBatch => [programs.Load, "client", "udp-send", "--by", "batch", "--batch", Number(Batch), "--engine", "epoll"],
        EpollOffload =>
            [programs.Load, "client", "udp-send", "--by", "segments", "--segments", Number(SegmentsOf(cell.Size)), "--engine", "epoll"],
        "c" => [Native, "send"],
        CBatch => [Native, "send", "--batch", Number(Batch)],
        COffload => [Native, "send", "--segments", Number(SegmentsOf(cell.Size))],
        _ => null,
    };

    private string[]? ReceiverOf(string name, Cell cell) => name switch
    {
        "raw" => [programs.Load, "server", "raw-udp-sink"],
        "portable" or "epoll" => [programs.Load, "server", "udp-sink", "--by", "await", "--engine", name],
        EpollBatch => [programs.Load, "server", "udp-sink", "--by", "batch", .. BatchOf("--size", cell), "--engine", "epoll"],
        EpollOffload => [programs.Load, "server", "udp-sink", "--by", "gro", .. BatchOf("--size", cell), "--engine", "epoll"],
        "c" => [Native, "sink"],
        CBatch => [Native, "sink", .. BatchOf("--buffer", cell)],
        COffload => [Native, "sink", "--gro", "--batch", Number(Runs)],
        _ => null,
    };

    private string[]? EchoOf(string name, Cell cell) => name switch
    {
        EpollBatch => [programs.Load, "server", "udp-echo", .. BatchOf("--size", cell), "--engine", "epoll"],
        CBatch => [Native, "serve", "--spin-us", Catalog.LimitSpins, .. BatchOf("--buffer", cell)],
        _ => null,
    };

    /// <summary>The programs call the size of a place for a datagram by different names.</summary>
    private static string[] BatchOf(string sizeOption, Cell cell) =>
        ["--batch", Number(Batch), sizeOption, Number(Math.Max(SlotBytes, cell.Size))];

    private static string[] PortOf(string name, int port) => [name is "c" or CBatch or COffload ? "--udp" : "--port", Number(port)];

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
