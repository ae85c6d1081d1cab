using System.Globalization;

namespace SocketKit.Compare;

/// <summary>The command line.</summary>
internal sealed record CompareOptions
{
    private const int MostRounds = 1000;
    private const double LongestSeconds = 60;

    public string Suite { get; private init; } = "quick";

    /// <summary>In place of those of the suite.</summary>
    public IReadOnlyList<Cell> Cells { get; private init; } = [];

    /// <summary>In place of those of the suite; the first one is what ratios refer to.</summary>
    public IReadOnlyList<string>? Servers { get; private init; }

    /// <summary>Servers that somebody else wrote, as <c>name=program {port}</c>.</summary>
    public IReadOnlyList<string> Commands { get; private init; } = [];

    public int? Rounds { get; private init; }

    public double? Seconds { get; private init; }

    public bool MayPin { get; private init; } = true;

    /// <summary>Folder of the report; null for none.</summary>
    public string? Report { get; private init; }

    public bool WantsHelp { get; private init; }

    /// <summary>Whether nothing changes how long the suite takes.</summary>
    public bool IsOrdinary => Cells.Count == 0 && Servers is null && Commands.Count == 0 && Rounds is null && Seconds is null;

    /// <exception cref="FormatException">An argument is wrong.</exception>
    public static CompareOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new CompareOptions();
        for (int i = 0; i < arguments.Count; i++)
        {
            string name = arguments[i];
            options = name switch
            {
                "--help" or "-h" => options with { WantsHelp = true },
                "--no-pin" => options with { MayPin = false },
                _ => options.With(name, i + 1 < arguments.Count ? arguments[++i] : null),
            };
        }

        return options;
    }

    private CompareOptions With(string name, string? value) => name switch
    {
        "--suite" => this with { Suite = Needed(name, value) },
        "--cell" => this with { Cells = [.. Cells, CellParser.Parse(Needed(name, value))] },
        "--servers" => this with { Servers = Names(Needed(name, value)) },
        "--command" => this with { Commands = [.. Commands, Needed(name, value)] },
        "--rounds" => this with { Rounds = ParseRounds(Needed(name, value)) },
        "--seconds" => this with { Seconds = ParseSeconds(Needed(name, value)) },
        "--report" => this with { Report = Needed(name, value) },
        _ => throw new FormatException($"'{name}' is not an option; --help lists them."),
    };

    private static string Needed(string name, string? value) =>
        value ?? throw new FormatException($"{name} needs a value.");

    /// <summary>With "none" only those of --command are compared.</summary>
    private static string[] Names(string text)
    {
        if (text == "none")
        {
            return [];
        }

        string[] names = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return names.Length > 0 ? names : throw new FormatException($"--servers '{text}': it is a list such as raw,epoll.");
    }

    private static int ParseRounds(string text) =>
        int.TryParse(text, CultureInfo.InvariantCulture, out int rounds) && rounds is >= 1 and <= MostRounds
            ? rounds
            : throw new FormatException(Text.Of($"--rounds {text} is not a whole number from 1 to {MostRounds}."));

    private static double ParseSeconds(string text) =>
        double.TryParse(text, CultureInfo.InvariantCulture, out double seconds) && seconds is >= 0.1 and <= LongestSeconds
            ? seconds
            : throw new FormatException(Text.Of($"--seconds {text} is not a number from 0.1 to {LongestSeconds}."));
}
