using System.Diagnostics;
using System.Globalization;

namespace SocketKit.Load;

/// <summary>
/// The other side of a measurement: this program once more, with plain sockets only. Disposing this ends it if it still runs.
/// </summary>
internal sealed class PeerProcess : IDisposable
{
    /// <summary>Peers that receive.</summary>
    public const string Read = "read";

    /// <summary>Peers that only hold their connections, or send a byte now and then.</summary>
    public const string Hold = "hold";

    /// <summary>What peers say when all their connections are open.</summary>
    public const string Opened = "open";

    /// <summary>For opening thousands of connections, and for reading what is still on its way.</summary>
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    private readonly Process _process;

    private PeerProcess(Process process) => _process = process;

    public static PeerProcess Start(string kind, int port, params IEnumerable<(string Name, double Value)> options)
    {
        string own = Environment.ProcessPath!;
        string[] first = Path.GetFileNameWithoutExtension(own) == "dotnet" ? ["exec", typeof(PeerProcess).Assembly.Location] : [];
        List<string> words = [.. first, "peers", kind, "--port", port.ToString(CultureInfo.InvariantCulture)];
        foreach ((string name, double value) in options)
        {
            words.Add($"--{name}");
            words.Add(value.ToString(CultureInfo.InvariantCulture));
        }

        var start = new ProcessStartInfo(own, words) { RedirectStandardInput = true, RedirectStandardOutput = true };
        return new PeerProcess(Process.Start(start)!);
    }

    /// <summary>Ends when all connections are open.</summary>
    /// <param name="accepted">Ends when the server has all of them, too.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task OpenedAsync(Task accepted, CancellationToken cancellationToken)
    {
        if (await LineAsync(cancellationToken) != Opened)
        {
            throw new MeasureException("the peers could not connect");
        }

        try
        {
            await accepted.WaitAsync(s_limit, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The server has refused some, or lost them.
            throw new MeasureException("the server does not have all of the connections that its peers have opened");
        }
    }

    /// <summary>Tells the peers to end, and gives their figures.</summary>
    public async Task<PeerFigures> EndAsync(CancellationToken cancellationToken)
    {
        _process.StandardInput.Close();
        string line = await LineAsync(cancellationToken);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_limit);
        await _process.WaitForExitAsync(limit.Token);
        return new PeerFigures(line);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(s_limit);
        try
        {
            return await _process.StandardOutput.ReadLineAsync(limit.Token)
                ?? throw new MeasureException("the peers have ended without a word");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time limit, and not whoever told this program to stop.
            throw new MeasureException($"the peers have said nothing for {s_limit.TotalSeconds} seconds");
        }
    }
}

/// <summary>What peers print at their end.</summary>
internal sealed class PeerFigures(string line)
{
    private readonly Dictionary<string, string> _values = line.Split(' ')
        .Select(static word => word.Split('=', 2))
        .Where(static pair => pair.Length == 2)
        .ToDictionary(static pair => pair[0], static pair => pair[1]);

    public string this[string key] =>
        _values.TryGetValue(key, out string? value) ? value : throw new MeasureException($"the peers say nothing of {key}: {line}");

    public long Count(string key) => long.Parse(this[key], CultureInfo.InvariantCulture);

    /// <summary>Those of the keys, as they were printed.</summary>
    public string Pairs(params IEnumerable<string> keys) => string.Join(' ', keys.Select(key => $"{key}={this[key]}"));
}
