using SocketException = System.Net.Sockets.SocketException;

// A collector of statistics, as statsd is one: clients count and time things, and send that by UDP. They find the collector by multicast.
//   dotnet run --project samples/StatsCollector                     both sides here
//   dotnet run --project samples/StatsCollector -- server [port]    in one terminal; the port is where clients ask for the collector (8126)
//   dotnet run --project samples/StatsCollector -- client [port]    in another one
const int DefaultPort = 8126;
const int Failed = 1;
const int WrongUsage = 2;

try
{
    switch (args)
    {
        case []:
            return await PlayBothAsync();

        case ["server"]:
            return await ServeAsync(DefaultPort);

        case ["server", var text] when Sample.TryPort(text, least: 0, out int port):
            return await ServeAsync(port);

        case ["client"]:
            return await StatsClient.RunAsync(DefaultPort) ? 0 : Failed;

        case ["client", var text] when Sample.TryPort(text, least: 1, out int port):
            return await StatsClient.RunAsync(port) ? 0 : Failed;

        default:
            await Console.Error.WriteLineAsync("usage: StatsCollector [server [PORT] | client [PORT]]. A port is 1 to 65535.");
            return WrongUsage;
    }
}
catch (SocketException exception)
{
    // A port that is in use, for example. The message names the operation, the address and the reason.
    await Console.Error.WriteLineAsync(exception.Message);
    return Failed;
}

static async Task<int> PlayBothAsync()
{
    using var collector = new Collector(port: 0);
    Task serving = collector.RunAsync();
    bool found = await StatsClient.RunAsync(collector.Port);

    // Closing its endpoints ends the collector's loops without an exception.
    collector.Dispose();
    await serving;
    return found ? 0 : Failed;
}

static async Task<int> ServeAsync(int port)
{
    using var collector = new Collector(port);
    Console.CancelKeyPress += (_, key) =>
    {
        key.Cancel = true;
        collector.Dispose();
    };
    await collector.RunAsync();
    return 0;
}
