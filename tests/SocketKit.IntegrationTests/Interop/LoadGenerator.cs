using System.Globalization;
using System.Net;
using System.Net.Sockets;
using SocketKit.IntegrationTests.Kit;
using static SocketKit.IntegrationTests.Interop.ResultLine;

namespace SocketKit.IntegrationTests.Interop;

/// <summary>
/// What both load generators have to do: short runs, against the servers that are measured with them, in which every echo is right.
/// </summary>
public abstract class LoadGenerator
{
    private static readonly string[] s_engines = OperatingSystem.IsLinux() ? ["portable", "epoll"] : ["portable"];
    private static readonly string[] s_short = ["--warmup", "0.1", "--seconds", "0.3"];

    public static TheoryData<string, string> StreamServers
    {
        get
        {
            var servers = new TheoryData<string, string> { { "raw", "" }, { "raw-sync", "" }, { "networkstream", "" }, { "saea", "" } };
            foreach (string engine in s_engines)
            {
                servers.Add("tcp-echo", engine);
            }

            return servers;
        }
    }

    public static TheoryData<string> Engines => [.. s_engines];

    /// <summary>Starts the generator.</summary>
    protected abstract ChildProcess Generate(params string[] arguments);

    protected async Task EchoInAClosedLoop(string server, string engine)
    {
        using ChildProcess running = Serve(server, engine);
        string port = await PortOf(running);

        string line = await Run(
            "echo", "--tcp", port, "--connections", "4", "--depth", "2", "--size", "100", "--server-pid", Text(running.Id));

        KeysOf(line).Should().Equal(
            "connections", "size", "depth", "rate", "transport", "seconds", "msgs_per_s", "p50_us", "p99_us", "p999_us", "max_us",
            "load_cpu", "server_cpu", "server_cpu_us_per_msg", "errors", "starved", "unanswered");
    }

    protected async Task SendAtARateConnectAndHold(string engine)
    {
        using ChildProcess running = Serve("tcp-echo", engine);
        string port = await PortOf(running);
        string process = Text(running.Id);

        // Without a rate it waits longer for the first answer of a server that has just started.
        await Run("echo", "--tcp", port);
        (await Run("echo", "--tcp", port, "--connections", "4", "--rate", "500")).Should().Contain("rate=500");
        KeysOf(await Run("connect", "--tcp", port, "--connections", "4", "--server-pid", process)).Should().Equal(
            "in_flight", "size", "transport", "seconds", "conns_per_s", "p50_us", "p99_us", "p999_us", "max_us", "load_cpu", "server_cpu",
            "server_cpu_us_per_conn", "errors");
        string held = await Run("idle", "--tcp", port, "--connections", "10", "--server-pid", process);
        held.Should().Contain("connections=10");
        KeysOf(held).Should().Equal(
            "connections", "transport", "opening_seconds", "server_bytes_before", "server_bytes", "server_bytes_per_conn", "errors");
    }

    protected async Task EchoDatagrams(string engine, params string[] more)
    {
        using ChildProcess running = Serve("udp-echo", engine, more);
        string port = await PortOf(running);

        await Run("echo", "--udp", port, "--connections", "2", "--size", "64", "--depth", "8");
        KeysOf(await Run("echo", "--udp", port, "--connections", "2", "--size", "64", "--rate", "500"))[^4..].Should().Equal(
            "errors", "starved", "lost", "late");
    }

    protected async Task EchoOverAUnixSocket()
    {
        string folder = Directory.CreateTempSubdirectory("load").FullName;
        string path = Path.Combine(folder, "echo.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Task serving = Accept(listener);

        await Run("echo", "--unix", path, "--connections", "4", "--size", "300000");
        await Run("connect", "--unix", path, "--connections", "4", "--size", "100");

        listener.Dispose();
        await serving.Within();
        Directory.Delete(folder, recursive: true);
    }

    protected async Task CountAWrongByte()
    {
        using Socket listener = Listen();
        Task serving = GiveBackWrongly(listener);

        using ChildProcess run = Generate("echo", "--tcp", PortOf(listener), "--size", "1000");

        (await run.End(exitCode: 1)).Should().Contain(static line => line.Contains("the echo is not what was sent"));
        await serving.Within();
    }

    protected async Task NoticeThatNobodyListens()
    {
        using var closed = new ClosedPort();

        using ChildProcess run = Generate("echo", "--tcp", Text(closed.EndPoint.Port));

        (await run.End(exitCode: 1)).Should().Contain(static line => line.Contains("connect"));
    }

    protected async Task PrintTheRateUntilToldToMeasure()
    {
        using Socket listener = Listen();
        Task serving = Accept(listener);
        using ChildProcess run = Generate(
            "echo", "--tcp", PortOf(listener), "--warmup", "3600", "--seconds", "0.2", "--every", "0.05", "--go");
        await run.LineWith("rate at=");
        await run.LineWith("per_s=");

        await run.WriteLine("go");

        (await run.End())[^1].Should().Contain("errors=0");
        listener.Dispose();
        await serving.Within();
    }

    protected async Task RefuseWrongArguments()
    {
        foreach (string[] arguments in (string[][])
                 [
                     ["echo", "--tcp", "80000"], ["echo", "--tcp", "9000", "--seconds", "0"], ["connect", "--udp", "9000"],
                     ["connect", "--tcp", "9000", "--rate", "5"], ["echo", "--udp", "9000", "--size", "7"], ["idle"],
                 ])
        {
            using ChildProcess run = Generate(arguments);
            (await run.End(exitCode: 2)).Should().NotBeEmpty();
        }
    }

    /// <summary>Status 0 means that every byte came back; gives the line with the figures.</summary>
    protected async Task<string> Run(params string[] arguments)
    {
        using ChildProcess load = Generate([.. arguments, .. s_short]);
        string line = (await load.End())[^1];
        line.Should().Contain("errors=0");
        return line;
    }

    private static ChildProcess Serve(string server, string engine, params string[] more)
    {
        string[] options = engine.Length > 0 ? ["--engine", engine, .. more] : more;
        return ChildProcess.StartSample("SocketKit.Load", ["server", server, "--port", "0", .. options]);
    }

    private static async Task<string> PortOf(ChildProcess server)
    {
        int port = await server.PortAfter("listening=127.0.0.1:");
        await server.LineWith("ready");
        return Text(port);
    }

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static string PortOf(Socket listener) => Text(((IPEndPoint)listener.LocalEndPoint!).Port);

    /// <summary>An echo server, until its listener is closed.</summary>
    private static async Task Accept(Socket listener)
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(GiveBack(await listener.AcceptAsync()));
            }
        }
        catch (Exception problem) when (problem is System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The test has closed the listener.
        }

        await Task.WhenAll(connections);
    }

    private static async Task GiveBack(Socket socket)
    {
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            await stream.CopyToAsync(stream);
        }
        catch (IOException)
        {
            // The generator closes its connections with bytes under way.
        }
    }

    private static async Task GiveBackWrongly(Socket listener)
    {
        using Socket socket = await listener.AcceptAsync();
        byte[] buffer = new byte[1000];
        await socket.ReceiveAsync(buffer);
        buffer[0] ^= 1;
        await socket.SendAsync(buffer);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
