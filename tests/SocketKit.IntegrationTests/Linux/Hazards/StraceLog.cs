namespace SocketKit.IntegrationTests.Linux.Hazards;

/// <summary>The file that strace(1) writes with <c>-f -o</c>, and the calls in it.</summary>
internal sealed class StraceLog : IDisposable
{
    private const string Unfinished = " <unfinished ...>";
    private const string Resumed = " resumed>";

    public string Path { get; } = System.IO.Path.GetTempFileName();

    /// <summary>All calls in the order of their ends, without the thread; one that was written in two parts is put together.</summary>
    public IEnumerable<string> Calls()
    {
        var begun = new Dictionary<string, string>();
        foreach (string line in File.ReadLines(Path))
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            (string thread, string call) = (line[..space], line[space..].TrimStart());
            if (call.EndsWith(Unfinished, StringComparison.Ordinal))
            {
                begun[thread] = call[..^Unfinished.Length];
            }
            else if (call.IndexOf(Resumed, StringComparison.Ordinal) is var end and > 0 && begun.Remove(thread, out string? first))
            {
                yield return first + call[(end + Resumed.Length)..];
            }
            else
            {
                yield return call;
            }
        }
    }

    /// <summary>Only the calls of these names.</summary>
    public IEnumerable<string> Calls(params string[] names) =>
        Calls().Where(call => Array.Exists(names, name => call.StartsWith(name + '(', StringComparison.Ordinal)));

    public void Dispose() => File.Delete(Path);
}
