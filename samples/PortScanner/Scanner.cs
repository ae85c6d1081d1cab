using System.Collections.Concurrent;
using SocketKit;
using SocketError = System.Net.Sockets.SocketError;

/// <summary>The scanner itself: who answers on which port?</summary>
internal static class Scanner
{
    // A port that is closed says so at once. One behind a firewall says nothing, so the limit is what such a port costs. The limit
    // counts the look-up of the name, too.
    private static readonly TcpClientOptions s_options = new() { ConnectTimeout = TimeSpan.FromSeconds(2) };

    /// <summary>Connects to each port, 100 at a time. Success means open, ConnectionRefused closed, TimedOut no answer.</summary>
    public static async Task<SortedDictionary<int, SocketError>> ScanAsync(string host, IEnumerable<int> ports, CancellationToken stop)
    {
        var found = new ConcurrentDictionary<int, SocketError>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = 100, CancellationToken = stop };
        await Parallel.ForEachAsync(ports, parallel, async (port, token) =>
        {
            // Most ports of a scan are closed. TryConnectAsync returns that as a value, without the cost of an exception.
            ConnectResult result = await TcpClient.TryConnectAsync(host, port, s_options, token);
            if (result.Error is { } error && (result.Attempts.Count == 0 || result.SocketErrorCode == SocketError.TooManyOpenSockets))
            {
                // The host has no address, or this process no descriptor. That says nothing about the port, and ends the whole scan.
                throw error;
            }

            // A connection that is aborted leaves nothing behind. Thousands of closed ones would stay in TIME_WAIT for a minute.
            result.Client?.Abort();
            found[port] = result.SocketErrorCode;
        });
        return new SortedDictionary<int, SocketError>(found);
    }
}
