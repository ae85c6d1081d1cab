using System.Diagnostics;
using System.Globalization;
using System.Net;
using SocketError = System.Net.Sockets.SocketError;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>The echo server of SocketKit.FaultServer as a child process, under a tool that makes it suffer.</summary>
internal sealed class FaultServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private FaultServerProcess(Process process, int port)
    {
        _process = process;
        EndPoint = new IPEndPoint(IPAddress.Loopback, port);
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>The process started: the server itself if the tool has become it, as prlimit and env do.</summary>
    public int Id => _process.Id;

    /// <summary>Starts <c>tool arguments server</c> and waits until the server listens.</summary>
    public static async Task<FaultServerProcess> StartAsync(string engine, string tool, params string[] arguments)
    {
        var start = new ProcessStartInfo(tool, [.. arguments, ProgramPath()])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["SOCKETKIT_ENGINE"] = engine;
        Process process = Process.Start(start)!;
        string? line = await process.StandardOutput.ReadLineAsync().Within();
        return new FaultServerProcess(process, int.Parse(line!["port ".Length..], CultureInfo.InvariantCulture));
    }

    /// <summary>Echoed, or turned away; but never left hanging.</summary>
    public static async Task<bool> IsServedAsync(TcpClient? client)
    {
        try
        {
            if (client is null)
            {
                return false;
            }

            await client.SendAsync("x"u8.ToArray()).Within();
            return await client.ReceiveAsync(new byte[1]).Within() == 1;
        }
        catch (SocketException exception) when (exception.IsDisconnect())
        {
            // Turned away.
            return false;
        }
    }

    /// <summary>Who is turned away at once may meet the reset while it connects still.</summary>
    public TcpClient? ConnectOrNull(TcpClientOptions options)
    {
        ConnectResult result = TcpClient.TryConnect(EndPoint, options);
        return result.IsConnected || result.SocketErrorCode == SocketError.ConnectionReset ? result.Client : throw result.Error;
    }

    /// <summary>Connects again as often as it is turned away.</summary>
    public async Task<bool> IsServedSoonAsync(TcpClientOptions options)
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            using TcpClient? client = ConnectOrNull(options);
            if (await IsServedAsync(client))
            {
                return true;
            }
        }
        while (Stopwatch.GetElapsedTime(start) < Limits.Hang);
        return false;
    }

    /// <summary>Asks for the number that a command gives.</summary>
    public async Task<double> AskAsync(string command)
    {
        await _process.StandardInput.WriteLineAsync(command).Within();
        await _process.StandardInput.FlushAsync().Within();
        return double.Parse((await _process.StandardOutput.ReadLineAsync().Within())!, CultureInfo.InvariantCulture);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            await _process.WaitForExitAsync().Within();
        }
        finally
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
            }

            _process.Dispose();
        }
    }

    /// <summary>The server: all projects build into artifacts/bin/NAME/CONFIGURATION.</summary>
    internal static string ProgramPath()
    {
        var here = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        return Path.Combine(here.Parent!.Parent!.FullName, "SocketKit.FaultServer", here.Name, "SocketKit.FaultServer");
    }
}
