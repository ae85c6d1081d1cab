using System.Net;
using System.Net.Sockets;
using System.Reflection;

namespace SocketKit.NetProbe;

/// <summary>What the messages say where the system refuses sockets.</summary>
internal static class Refusals
{
    public static async Task WithoutIPv6Async()
    {
        foreach (string address in new[] { "::1", "2001:db8::1" })
        {
            Print($"Connect {address}", () => TcpClient.Connect(address, 80));
            Print($"UDP Connect {address}", () => UdpEndpoint.Connect(address, 80));
            await Outcome.PrintAsync($"ConnectAsync {address}", async () =>
            {
                try
                {
                    return await TcpClient.ConnectAsync(IPEndPoint.Parse($"[{address}]:80"));
                }
                catch (SocketException exception)
                {
                    // The test judges it.
                    return Text(exception);
                }
            });
            Print($"Listen {address}", () => TcpServer.Listen(address, 80));
            Print($"Bind {address}", () => UdpEndpoint.Bind(address, 80));

            // The kernel binds to all addresses although it has none of this family.
            var target = IPEndPoint.Parse($"[{address}]:80");
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
            using var endpoint = UdpEndpoint.FromSocket(socket);
            Print($"SendTo {address}", () => endpoint.SendTo("x"u8, target));
            Print($"Connect of an endpoint {address}", () =>
            {
                endpoint.ConnectTo(target);
                return "connected";
            });
        }
    }

    /// <summary>The limit of this process is used up; the runtime needs descriptors, too, so what can be loaded is loaded before.</summary>
    public static void WithoutDescriptors(string path)
    {
        string[] paths = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator);
        Assembly[] loaded = [.. paths.Select(static file => Assembly.Load(AssemblyName.GetAssemblyName(file)))];
        using UnixServer unix = UnixServer.Listen(path);
        using TcpServer tcp = TcpServer.Listen("127.0.0.1", 0);
        (string What, Func<object> Call)[] calls =
        [
            ("Connect address", () => TcpClient.Connect("127.0.0.1", tcp.Port)),
            ("Connect name", () => TcpClient.Connect("localhost", tcp.Port)),
            ("Connect Unix", () => UnixClient.Connect(path)),
            ("ConnectAsync Unix", () => UnixClient.ConnectAsync(path).GetAwaiter().GetResult()),
            ("Connect UDP", () => UdpEndpoint.Connect("127.0.0.1", 9)),
            ("Connect datagrams", () => UnixDatagramEndpoint.Connect(path)),
            ("Listen", () => TcpServer.Listen("127.0.0.1", 0)),
            ("Listen Unix", () => UnixServer.Listen(path + ".other")),
            ("Bind", () => UdpEndpoint.Bind("127.0.0.1", 0)),
            ("Bind datagrams", () => UnixDatagramEndpoint.Bind(path + ".other")),
            ("Open raw", () => RawEndpoint.Open(AddressFamily.InterNetwork, ProtocolType.Icmp)),
            ("CreatePair", () => TcpConnection.CreatePair()),
            ("CreatePair Unix", () => UnixConnection.CreatePair()),
            ("CreatePair datagrams", () => UnixDatagramEndpoint.CreatePair()),
        ];
        string[] before = Outcomes(calls);
        List<FileStream> all = FillUp();
        string[] outcomes = Outcomes(calls);
        all.ForEach(static file => file.Dispose());
        for (int i = 0; i < calls.Length; i++)
        {
            Console.WriteLine($"{calls[i].What}: {outcomes[i].Replace(path, "PATH", StringComparison.Ordinal)}");
        }

        Console.WriteLine($"loaded {loaded.Length > 0}, tried before {before.Length == calls.Length}");
    }

    /// <summary>
    /// Connects on one thread, whose third epoll_ctl(2) and all later ones are refused, to an address that does not answer: a handshake
    /// that has ended at once needs no registration.
    /// </summary>
    public static void WithoutRegistration()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        List<Socket> fillers = [Connecting(listener.LocalEndPoint!)];
        while (fillers[^1].Poll(TimeSpan.FromMilliseconds(100), SelectMode.SelectWrite))
        {
            fillers.Add(Connecting(listener.LocalEndPoint!));
        }

        var options = new TcpClientOptions { ConnectTimeout = TimeSpan.FromMilliseconds(100) };
        var thread = new Thread(() =>
        {
            for (int i = 0; i < 20; i++)
            {
                try
                {
                    TcpClient.ConnectAsync((IPEndPoint)listener.LocalEndPoint!, options).GetAwaiter().GetResult().Abort();
                }
                catch (SocketConnectException exception) when (exception.SocketErrorCode == SocketError.TimedOut)
                {
                    // This one was registered.
                }
                catch (Exception exception)
                {
                    // The test judges it.
                    Console.WriteLine($"{exception.GetType().Name} {(exception as SocketException)?.SocketErrorCode}");
                    return;
                }
            }

            Console.WriteLine("all were registered");
        });
        thread.Start();
        thread.Join();
        fillers.ForEach(static filler => filler.Dispose());
    }

    /// <summary>A plain socket whose handshake is under way, or has ended.</summary>
    private static Socket Connecting(EndPoint remote)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            socket.Connect(remote);
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Under way.
        }

        return socket;
    }

    private static List<FileStream> FillUp()
    {
        var all = new List<FileStream>();
        try
        {
            while (true)
            {
                all.Add(new FileStream("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0));
            }
        }
        catch (IOException)
        {
            // That was the last descriptor.
            return all;
        }
    }

    private static string[] Outcomes((string What, Func<object> Call)[] calls) => [.. calls.Select(static call =>
    {
        try
        {
            Close(call.Call());
            return "succeeded";
        }
        catch (Exception exception)
        {
            // The test judges it.
            return Text(exception);
        }
    })];

    private static void Close(object opened)
    {
        switch (opened)
        {
            case ValueTuple<TcpConnection, TcpConnection> pair:
                pair.Item1.Dispose();
                pair.Item2.Dispose();
                break;
            case ValueTuple<UnixConnection, UnixConnection> pair:
                pair.Item1.Dispose();
                pair.Item2.Dispose();
                break;
            case ValueTuple<UnixDatagramEndpoint, UnixDatagramEndpoint> pair:
                pair.Item1.Dispose();
                pair.Item2.Dispose();
                break;
            default:
                ((IDisposable)opened).Dispose();
                break;
        }
    }

    private static void Print(string what, Func<object> call) => Console.WriteLine($"{what}: {Outcomes([(what, call)])[0]}");

    private static string Text(Exception exception) => $"{exception.GetType().Name}: {exception.Message}";
}
