using System.Globalization;

namespace SocketKit.Compare;

/// <summary>Which processors server and generator are pinned to.</summary>
/// <param name="Server">Null: the system places it.</param>
/// <param name="Generator">Null: the system places it.</param>
/// <param name="About">The same in words.</param>
internal sealed record Processors(int? Server, int? Generator, string About)
{
    private const string Status = "/proc/self/status";
    private const string AllowedList = "Cpus_allowed_list:";
    private const string Tool = "taskset";

    public static Processors Choose(bool mayPin)
    {
        if (!mayPin)
        {
            return Nowhere("nothing is pinned, because of --no-pin");
        }

        if (!File.Exists(Status) || Tools.Find(Tool) is null)
        {
            return Nowhere($"nothing is pinned, because there is no {Tool} here");
        }

        string allowed = File.ReadLines(Status).First(static line => line.StartsWith(AllowedList, StringComparison.Ordinal));
        List<int> processors = ParseList(allowed[AllowedList.Length..].Trim());
        return processors.Count < 2
            ? Nowhere("nothing is pinned, because there is one processor only")
            : new Processors(processors[0], processors[1],
                Text.Of($"servers on processor {processors[0]}, generators on processor {processors[1]}"));
    }

    /// <summary>A list such as <c>0-3,8</c> (cpuset(7)).</summary>
    public static List<int> ParseList(string text)
    {
        var processors = new List<int>();
        foreach (string part in text.Split(','))
        {
            int[] ends = [.. part.Split('-').Select(static end => int.Parse(end, CultureInfo.InvariantCulture))];
            processors.AddRange(Enumerable.Range(ends[0], ends[^1] - ends[0] + 1));
        }

        return processors;
    }

    /// <summary>The command that runs another one on a processor. taskset(1) becomes that program, so the process id stays.</summary>
    public static IReadOnlyList<string> Pin(IReadOnlyList<string> command, int? processor) =>
        processor is { } number ? [Tool, "-c", number.ToString(CultureInfo.InvariantCulture), .. command] : command;

    private static Processors Nowhere(string about) => new(null, null, about);
}
