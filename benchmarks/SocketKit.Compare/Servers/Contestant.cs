namespace SocketKit.Compare;

/// <summary>Something that is compared: a server, or in some cells a client.</summary>
/// <param name="Name">As on the command line and in the tables.</param>
/// <param name="About">What it is, in a few words.</param>
/// <param name="Server">The server for a cell on a port; null if it does not take part in that cell.</param>
internal sealed record Contestant(string Name, string About, Func<Cell, int, Launch?> Server)
{
    /// <summary>The client for a cell and a port, in place of the load generator, warm-up and measurement in seconds.</summary>
    public Func<Cell, int, Timing, IReadOnlyList<string>?> Client { get; init; } = static (_, _, _) => null;

    public bool TakesPartIn(Cell cell) => Server(cell, 1) is not null;
}
