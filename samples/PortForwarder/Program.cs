using SocketKit;
using SocketError = System.Net.Sockets.SocketError;
using SocketException = System.Net.Sockets.SocketException;

// A TCP port forwarder, as `ssh -L` and socat have one.
//   dotnet run --project samples/PortForwarder                                  all three sides here: client, forwarder, target
//   dotnet run --project samples/PortForwarder -- forward 12345 localhost 80    forwards port 12345 of this machine until Ctrl+C
const int WrongUsage = 2;
const int PortIsTaken = 1;

switch (args)
{
    case []:
        await Demo.RunAsync();
        return 0;

    case ["forward", var from, var host, var to]
        when Sample.TryPort(from, least: 0, out int port) && Sample.TryPort(to, least: 1, out int targetPort):
        return await ForwardAsync(port, host, targetPort);

    default:
        await Console.Error.WriteLineAsync("usage: PortForwarder [forward PORT HOST PORT]. A port is 1 to 65535; the first may be 0.");
        return WrongUsage;
}

static async Task<int> ForwardAsync(int port, string host, int targetPort)
{
    // Ctrl+C ends the forwarder through its token: the running relays are cancelled, and the program leaves with 0.
    using var stop = new CancellationTokenSource();
    Console.CancelKeyPress += (_, pressed) =>
    {
        pressed.Cancel = true;
        stop.Cancel();
    };
    try
    {
        // A handler that throws ends its own client only. HandlerFailed hears why, unless IsPeerFault says that a peer is to blame.
        var options = new TcpServerOptions { HandlerFailed = Tell, IsPeerFault = Forwarder.IsPeerFault };
        await using TcpServer server = TcpServer.Listen("localhost", port, options);
        Console.WriteLine($"[forwarder] to {host}:{targetPort}, listening on port {server.Port}");
        await Forwarder.RunAsync(server, host, targetPort, stop.Token);
        return 0;
    }
    catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
    {
        // The message names the operation, the address and the reason.
        await Console.Error.WriteLineAsync(exception.Message);
        return PortIsTaken;
    }
}

static void Tell(TcpConnection client, Exception exception) =>
    Console.Error.WriteLine($"[forwarder] {client.RemoteEndPoint} has failed: {exception.Message}");
