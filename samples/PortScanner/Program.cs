using System.Diagnostics;
using System.Globalization;
using SocketKit;
using SocketError = System.Net.Sockets.SocketError;

// Which TCP ports of a machine are open? Ask only machines that are yours: others may take a scan for an attack.
//   dotnet run --project samples/PortScanner                        scans a few ports of this machine, some of which it opens itself
//   dotnet run --project samples/PortScanner -- localhost 1 1024    scans these ports of that host; Ctrl+C ends it
const int WrongUsage = 2;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

switch (args)
{
    case []:
        return await Sample.GuardAsync(ScanOwnPortsAsync);

    case [{ Length: > 0 } host, var first, var last]
        when Sample.TryPort(first, least: 1, out int from) && Sample.TryPort(last, least: 1, out int to) && from <= to:
        return await Sample.GuardAsync(() => ScanAsync(host, [.. Enumerable.Range(from, to - from + 1)]));

    default:
        await Console.Error.WriteLineAsync("usage: PortScanner [HOST FROM TO]. FROM and TO are 1 to 65535.");
        return WrongUsage;
}

async Task ScanOwnPortsAsync()
{
    // Three listeners that never accept. The kernel completes the connects all the same, and keeps them in the backlog.
    await using TcpServer one = TcpServer.Listen("localhost", 0);
    await using TcpServer two = TcpServer.Listen("localhost", 0);
    await using TcpServer three = TcpServer.Listen("localhost", 0);

    // The port of a listener that is gone is closed again.
    TcpServer gone = TcpServer.Listen("localhost", 0);
    await gone.DisposeAsync();
    await ScanAsync("localhost", [one.Port, two.Port, three.Port, gone.Port]);
}

async Task ScanAsync(string host, int[] ports)
{
    long start = Stopwatch.GetTimestamp();
    try
    {
        SortedDictionary<int, SocketError> found = await Scanner.ScanAsync(host, ports, stop.Token);
        foreach ((int port, _) in found.Where(static answer => answer.Value == SocketError.Success))
        {
            Console.WriteLine($"{host}:{port} is open");
        }

        int open = found.Values.Count(static answer => answer == SocketError.Success);
        int closed = found.Values.Count(static answer => answer == SocketError.ConnectionRefused);
        int silent = found.Count - open - closed;
        string time = Stopwatch.GetElapsedTime(start).TotalMilliseconds.ToString("N0", CultureInfo.InvariantCulture);
        Console.WriteLine($"{ports.Length} ports in {time} ms: {open} open, {closed} closed, {silent} without an answer");
    }
    catch (OperationCanceledException)
    {
        Console.WriteLine("stopped");
    }
}
