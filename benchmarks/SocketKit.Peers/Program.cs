using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using SocketKit.Peers;

using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);

try
{
    if (args is not [string name, .. string[] options] || !PeerList.All.TryGetValue(name, out Func<Peer>? make))
    {
        return Refuse(args is [string unknown, ..] ? $"'{unknown}' is not a server of this program." : "Say which server.");
    }

    IPEndPoint local = ParseOptions(options);
    await using Peer peer = make();
    EndPoint listening = await peer.StartAsync(local);
    Console.WriteLine(
        $"server={name} engine=\"{peer.Engine}\" runtime=\"{RuntimeInformation.FrameworkDescription}\" buffer={peer.BufferSize} "
        + $"listening={listening}");
    Console.WriteLine("ready");
    await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    return 0;
}
catch (FormatException problem)
{
    // A wrong argument: say which, without a stack trace.
    return Refuse(problem.Message);
}
catch (Exception problem) when (problem is SocketException or IOException)
{
    // The port is taken: the message says so.
    await Console.Error.WriteLineAsync(problem.Message);
    return 1;
}

void End(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}

static IPEndPoint ParseOptions(string[] options)
{
    IPAddress host = IPAddress.Loopback;
    int port = -1;
    for (int i = 0; i < options.Length; i += 2)
    {
        string value = i + 1 < options.Length ? options[i + 1] : throw new FormatException($"{options[i]} needs a value.");
        switch (options[i])
        {
            case "--port":
                port = ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
                    ? number
                    : throw new FormatException($"--port {value} is not a whole number from 0 to 65535.");
                break;
            case "--host":
                host = IPAddress.TryParse(value, out IPAddress? address)
                    ? address
                    : throw new FormatException($"--host {value} is not a numeric address.");
                break;
            default:
                throw new FormatException($"'{options[i]}' is not an option; there are --port and --host.");
        }
    }

    return new IPEndPoint(host, port >= 0 ? port : throw new FormatException("--port is missing."));
}

static int Refuse(string problem)
{
    Console.Error.WriteLine(problem);
    Console.Error.WriteLine("usage: SocketKit.Peers NAME --port P [--host H]");
    Console.Error.WriteLine("Echo servers on libraries of others. It prints a line with the server's library, runtime, buffer size and");
    Console.Error.WriteLine("address (port 0: the system chooses one), then 'ready', and serves until it gets SIGINT or SIGTERM.");
    Console.Error.WriteLine("H is a numeric address (127.0.0.1). NAME is one of: " + string.Join(", ", PeerList.All.Keys));
    return 2;
}
