using System.Globalization;
using SocketKit;
using SocketError = System.Net.Sockets.SocketError;
using SocketException = System.Net.Sockets.SocketException;

/// <summary>
/// The command line of a sample: plays both sides, or one of them. The result is the status of the process. And a port to come back on.
/// </summary>
internal static class Sample
{
    private const int Failed = 1;
    private const int Misunderstood = 2;
    private const int MaxPort = 65_535;

    public static async Task<int> RunAsync(
        string[] args, int defaultPort, Func<Task> both, Func<int, Task> server, Func<string, int, Task> client)
    {
        switch (args)
        {
            case []:
                return await GuardAsync(both);

            case ["server"]:
                return await GuardAsync(() => server(defaultPort));

            case ["server", var text] when TryPort(text, 0, out int port):
                return await GuardAsync(() => server(port));

            case ["client"]:
                return await GuardAsync(() => client("localhost", defaultPort));

            case ["client", { Length: > 0 } host]:
                return await GuardAsync(() => client(host, defaultPort));

            case ["client", { Length: > 0 } host, var text] when TryPort(text, 1, out int port):
                return await GuardAsync(() => client(host, port));

            default:
                return Refuse(args, "[server [port] | client [host [port]]]");
        }
    }

    /// <summary>Runs a part of a sample. A port in use, or a peer that is not there, is one line on standard error and status 1.</summary>
    public static async Task<int> GuardAsync(Func<Task> part)
    {
        try
        {
            await part();
            return 0;
        }
        catch (SocketException exception)
        {
            // The message names the operation, both endpoints and the reason.
            return End(Failed, exception.Message);
        }
    }

    /// <summary>One line about arguments that the sample does not know.</summary>
    public static int Refuse(string[] args, string usage)
    {
        string words = string.Join(' ', args);
        return End(
            Misunderstood, Bilingual.Text($"无法识别的参数: {words}; 用法: {usage}", $"unknown arguments: {words}; usage: {usage}"));
    }

    private static int End(int status, string line)
    {
        Console.Error.WriteLine(line);
        return status;
    }

    /// <summary>Reads a port: decimal digits, from <paramref name="least"/> to 65 535. Port 0 means any free one.</summary>
    public static bool TryPort(string text, int least, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port >= least && port <= MaxPort;

    /// <summary>
    /// A port for a server that goes away and comes back. It lies below the ephemeral ports, so no other program gets it meanwhile.
    /// </summary>
    public static int FindPort()
    {
        while (true)
        {
            try
            {
                using TcpServer free = TcpServer.Listen("localhost", Random.Shared.Next(20_000, 30_000));
                return free.Port;
            }
            catch (SocketOperationException exception) when (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Another program has this one.
            }
        }
    }
}
