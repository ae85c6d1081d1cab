using System.Globalization;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>Holds connections that say nothing, and reads what they cost the server in memory.</summary>
internal static class IdleLoad
{
    /// <summary>Opened and closed before, so that the server's code for them is loaded.</summary>
    private const int FirstConnections = 200;

    /// <summary>Connections between pauses, so that the server's queue never overflows.</summary>
    private const int AtOnce = 256;

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(2);

    /// <summary>Gives whether the server has kept all connections.</summary>
    public static async Task<bool> RunAsync(GenerateOptions options, CancellationToken cancellationToken)
    {
        Close(await OpenAsync(options, Math.Min(FirstConnections, options.Connections), cancellationToken));
        await Task.Delay(options.WarmUp, cancellationToken);
        long? before = Resident(options);

        long began = Clock.Now;
        List<Socket> sockets = await OpenAsync(options, options.Connections, cancellationToken);
        double opening = (double)(Clock.Now - began) / Clock.Second;
        Console.WriteLine("open");
        await Task.Delay(options.Duration, cancellationToken);
        long? after = Resident(options);

        int closed = Close(sockets);
        string memory = after - before is long growth
            ? $" server_bytes_before={before} server_bytes={after} server_bytes_per_conn={(double)growth / options.Connections:F0}"
            : string.Empty;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"idle connections={options.Connections} transport={options.TransportName} opening_seconds={opening:F3}{memory}"
            + $" errors={closed}"));
        return closed == 0;
    }

    private static long? Resident(GenerateOptions options) =>
        options.ServerProcess != 0 ? ProcessFigures.ResidentBytes(options.ServerProcess) : null;

    private static async Task<List<Socket>> OpenAsync(GenerateOptions options, int count, CancellationToken cancellationToken)
    {
        var sockets = new List<Socket>(count);
        for (int i = 0; i < count; i++)
        {
            sockets.Add(ClientSockets.Open(options, i));
            if (i % AtOnce == AtOnce - 1)
            {
                await Task.Delay(s_pause, cancellationToken);
            }
        }

        return sockets;
    }

    /// <summary>Gives how many of them the server has closed.</summary>
    private static int Close(List<Socket> sockets)
    {
        int closed = 0;
        foreach (Socket socket in sockets)
        {
            // Readable without a question asked: the end, an error, or bytes that nobody wanted.
            closed += socket.Poll(0, SelectMode.SelectRead) ? 1 : 0;
            socket.Dispose();
        }

        return closed;
    }
}
