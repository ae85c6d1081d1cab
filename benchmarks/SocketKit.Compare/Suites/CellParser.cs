using System.Globalization;
using System.Text.RegularExpressions;

namespace SocketKit.Compare;

/// <summary>Reads the names of cells.</summary>
internal static partial class CellParser
{
    public const string Forms =
        "C/SIZE/DEPTH, C/SIZE/DEPTH@RATE, C/SIZE/DEPTH@half, connect:C, idle:C, held:C, udp:C/SIZE/DEPTH, workN:C/SIZE/DEPTH, "
        + "start:C/SIZE/DEPTH, ping:C/SIZE/DEPTH, tls:C/SIZE/DEPTH, handshake:C, resume:C, tls-idle:C, udp-send:SIZE, "
        + "udp-send-gro:SIZE, udp-receive:SIZE or udp-receive:SIZE@RATE";

    private const int MostConnections = 1_000_000;
    private const int LargestSize = 1 << 24;
    private const int Deepest = 65536;
    private const int MostWork = 1_000_000;
    private const int HighestRate = 100_000_000;

    /// <summary>65535 less the headers of IPv4 and UDP.</summary>
    private const int LongestDatagram = 65507;

    /// <exception cref="FormatException">The text is no name of a cell.</exception>
    public static Cell Parse(string text)
    {
        Match oneWay = OneWay().Match(text);
        if (oneWay.Success)
        {
            return ParseOneWay(oneWay);
        }

        Match match = Form().Match(text);
        if (!match.Success)
        {
            throw new FormatException($"--cell {text}: a cell looks like {Forms}.");
        }

        LoadKind kind = KindOf(match);
        bool hasShape = match.Groups["size"].Success;
        if (hasShape == (kind is LoadKind.Connect or LoadKind.Idle or LoadKind.Held))
        {
            throw new FormatException($"--cell {text}: {(hasShape ? "only a number of connections" : "size and depth as well")}, please.");
        }

        if (match.Groups["rate"].Success && match.Groups["kind"].Success)
        {
            throw new FormatException($"--cell {text}: a rate is for C/SIZE/DEPTH alone.");
        }

        return new Cell(kind, Number(match, "connections", 1, MostConnections), Number(match, "size", 1, LargestSize),
            Number(match, "depth", 1, Deepest))
        {
            Rate = match.Groups["rate"].Value is "" or "half" ? null : Number(match, "rate", 1, HighestRate),
            IsTls = match.Groups["kind"].Value is "tls" or "handshake" or "resume" or "tls-idle",
            Resumes = match.Groups["kind"].Value == "resume",
            WorkMicroseconds = match.Groups["work"].Success ? Number(match, "work", 0, MostWork) : 0,
        };
    }

    private static Cell ParseOneWay(Match match)
    {
        string kind = match.Groups["kind"].Value;
        bool receives = kind == "receive";
        if (match.Groups["rate"].Success && !receives)
        {
            throw new FormatException($"--cell {match.Value}: a rate is for udp-receive:SIZE alone.");
        }

        return new Cell(receives ? LoadKind.Receive : LoadKind.Send, Connections: 1, Number(match, "size", 1, LongestDatagram))
        {
            IsGro = kind == "send-gro",
            Rate = !receives ? null : match.Groups["rate"].Success ? Number(match, "rate", 1, HighestRate) : Cell.ReceiveRate,
        };
    }

    private static LoadKind KindOf(Match match) => match.Groups["kind"].Value switch
    {
        "" => match.Groups["rate"].Success ? LoadKind.FixedRate : LoadKind.Echo,
        "tls" => LoadKind.Echo,
        "connect" or "handshake" or "resume" => LoadKind.Connect,
        "idle" or "tls-idle" => LoadKind.Idle,
        "held" => LoadKind.Held,
        "udp" => LoadKind.Datagrams,
        "start" => LoadKind.StartUp,
        "ping" => LoadKind.PingPong,
        _ => LoadKind.Work,
    };

    private static int Number(Match match, string name, int least, int most)
    {
        if (!match.Groups[name].Success)
        {
            return 1;
        }

        return int.TryParse(match.Groups[name].ValueSpan, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most
            ? value
            : throw new FormatException(Text.Of($"--cell {match.Value}: {match.Groups[name].Value} is not from {least} to {most}."));
    }

    [GeneratedRegex(@"^udp-(?<kind>send|send-gro|receive):(?<size>\d+)(@(?<rate>\d+))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex OneWay();

    [GeneratedRegex(@"^((?<kind>connect|idle|held|udp|start|ping|tls|handshake|resume|tls-idle|work(?<work>\d+)):)?"
        + @"(?<connections>\d+)(/(?<size>\d+)/(?<depth>\d+))?(@(?<rate>\d+|half))?$", RegexOptions.ExplicitCapture)]
    private static partial Regex Form();
}
