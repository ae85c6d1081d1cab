using System.Runtime.InteropServices;
using SocketKit;

// A server that stops: requests that have begun are answered, idle connections end at once, and nothing can keep it from ending.
//   dotnet run --project samples/GracefulStop                   server and clients here, with the times since the stop
//   dotnet run --project samples/GracefulStop -- serve 12345    serves until Ctrl+C or SIGTERM; talk to it with: nc localhost 12345
const int WrongUsage = 2;

switch (args)
{
    case []:
        await Demo.RunAsync();
        return 0;

    case ["serve", var text] when Sample.TryPort(text, least: 0, out int port):
        return await Sample.GuardAsync(() => ServeAsync(port));

    default:
        await Console.Error.WriteLineAsync("usage: GracefulStop [serve PORT]. A port is 0 to 65535; 0 is any free one.");
        return WrongUsage;
}

static async Task ServeAsync(int port)
{
    // A real server listens on all addresses: TcpServer.Listen(port, …).
    await using TcpServer server = TcpServer.Listen("localhost", port, new()
    {
        // 5 s is the default. Docker kills 10 s after SIGTERM, so the drain must be shorter.
        DrainTimeout = TimeSpan.FromSeconds(5),
        IsPeerFault = exception => exception is InvalidDataException,
        HandlerFailed = (connection, exception) => Console.Error.WriteLine($"[server] {connection.RemoteEndPoint}: {exception.Message}"),
    });
    var answerer = new Answerer(TimeSpan.FromSeconds(2), Console.WriteLine);
    Task serving = server.ServeAsync(answerer.HandleAsync);

    var stop = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    using var hurry = new CancellationTokenSource();
    using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
    using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
    Console.WriteLine($"[server] each answer takes 2 s; listening on port {server.Port}");

    await stop.Task;
    Console.WriteLine($"[server] no new clients from now on; connections: {server.ConnectionCount}. A second signal ends the drain");

    // hurry is the token of the stop: when it fires, handlers have no more time.
    await server.StopAsync(hurry.Token);
    await serving;
    Console.WriteLine("[server] stopped");

    void OnSignal(PosixSignalContext signal)
    {
        // Without this the process would end when this method returns.
        signal.Cancel = true;
        if (!stop.TrySetResult())
        {
            hurry.Cancel();
        }
    }
}
