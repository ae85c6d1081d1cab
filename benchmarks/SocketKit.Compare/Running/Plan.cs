namespace SocketKit.Compare;

/// <summary>What one command measures.</summary>
/// <param name="Budget">The whole command ends in this time; null for as long as it takes.</param>
internal sealed record Plan(IReadOnlyList<Entry> Entries, IReadOnlyList<Contestant> Contestants, Timing Timing, TimeSpan? Budget)
{
    public int MostRounds => Entries.Max(static entry => entry.Rounds);

    /// <summary>Cells in which at least one of the servers takes part.</summary>
    public static Plan Of(CompareOptions options, Suite suite, Catalog catalog)
    {
        // Without gcc a suite does without the limit; a name on the command line has to exist.
        string[] names = options.Servers is { } given
            ? [.. given]
            : [.. suite.Servers.Where(name => catalog.Known.Any(contestant => contestant.Name == name))];
        Contestant[] contestants = [.. names.Select(catalog.Named), .. options.Commands.Select(Catalog.OfCommand)];
        if (contestants.DistinctBy(static contestant => contestant.Name).Count() != contestants.Length)
        {
            throw new FormatException("Two servers have the same name.");
        }

        Entry[] wanted = [.. EntriesOf(options, suite)];
        if (!catalog.HasNative && Array.Exists(wanted, static entry => entry.Cell.IsOneWay))
        {
            throw new FormatException("Cells of datagrams that go one way need native-load: gcc is missing, or this is not Linux.");
        }

        Entry[] entries =
        [
            .. wanted
                .Select(entry => entry with { Rounds = options.Rounds ?? entry.Rounds })
                .Where(entry => Array.Exists(contestants, contestant => contestant.TakesPartIn(entry.Cell))),
        ];
        if (!catalog.HasTlsGenerator && Array.Exists(entries, static entry => entry.Cell.IsTls))
        {
            throw new FormatException("TLS cells need native-load with OpenSSL: gcc and openssl/ssl.h (libssl-dev) are missing.");
        }

        if (entries.Length == 0)
        {
            throw new FormatException("None of the servers takes part in any of the cells.");
        }

        return new Plan(
            entries, contestants, suite.Timing with { Seconds = options.Seconds ?? suite.Timing.Seconds },
            options.IsOrdinary ? suite.Budget : null);
    }

    public IReadOnlyList<(Contestant Contestant, int Number)> ContestantsIn(Cell cell) =>
        [.. Contestants.Index().Where(pair => pair.Item.TakesPartIn(cell)).Select(static pair => (pair.Item, pair.Index))];

    /// <summary>The order of a round: everybody comes first once, so that nobody always follows the same neighbour's heat.</summary>
    public static IEnumerable<T> Rotate<T>(IReadOnlyList<T> items, int round) =>
        Enumerable.Range(0, items.Count).Select(index => items[(index + round - 1) % items.Count]);

    /// <summary>Half of a peak needs the peak first.</summary>
    private static IEnumerable<Entry> EntriesOf(CompareOptions options, Suite suite)
    {
        if (options.Cells.Count == 0)
        {
            return suite.Entries;
        }

        int rounds = suite.Entries.Max(static entry => entry.Rounds);
        return options.Cells
            .SelectMany(static cell => cell is { Kind: LoadKind.FixedRate, Rate: null } ? [cell.ClosedLoop, cell] : (Cell[])[cell])
            .Distinct()
            .Select(cell => new Entry(cell, rounds));
    }
}
