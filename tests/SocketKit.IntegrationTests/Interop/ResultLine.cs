namespace SocketKit.IntegrationTests.Interop;

/// <summary>The line of <c>key=value</c> pairs that the programs of the benchmarks print at their end.</summary>
internal static class ResultLine
{
    public static string[] KeysOf(string line) =>
        [.. line.Split(' ').Where(static word => word.Contains('=')).Select(static word => word.Split('=')[0])];

    public static string ValueOf(string line, string key) =>
        line.Split(' ').Select(static word => word.Split('=')).Single(pair => pair[0] == key)[1];
}
