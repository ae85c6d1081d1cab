using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SocketKit.Compare;

/// <summary>A server that has been started and is ready.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private const string Ready = "ready";
    private const string BannerWord = "server=";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(20);

    private readonly Child _child;

    private RunningServer(Child child, int port)
    {
        _child = child;
        Port = port;
    }

    public int Port { get; }

    public int ProcessId => _child.Id;

    /// <summary>What it said of itself before it was ready.</summary>
    public string? Banner { get; private set; }

    /// <summary>What it wrote to its error output.</summary>
    public string Errors => _child.Errors;

    /// <exception cref="RunFailedException">It does not become ready.</exception>
    public static async Task<RunningServer> StartAsync(
        Launch launch, int port, bool isDatagram, int? processor, CancellationToken cancellationToken)
    {
        var server = new RunningServer(Child.Start(Processors.Pin(launch.Command, processor)), port);
        try
        {
            await server.WaitUntilReadyAsync(launch, isDatagram, cancellationToken);
            return server;
        }
        catch
        {
            // Nobody else knows the process.
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Tells a server on Unix to end, and gives the figures that it prints then.</summary>
    /// <exception cref="RunFailedException">It does not end.</exception>
    public async Task<IReadOnlyDictionary<string, double>> EndAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        string last = string.Empty;
        try
        {
            await Tools.RunAsync(["sh", "-c", Text.Of($"kill -TERM {ProcessId}")], Environment.CurrentDirectory, patience.Token);
            await foreach (string line in _child.Lines.ReadAllAsync(patience.Token))
            {
                last = line;
            }

            return ResultLine.Figures(last);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The patience has ended, not the whole comparison.
            throw new RunFailedException($"the server has not ended after {s_patience.TotalSeconds:0} s: {Errors}");
        }
    }

    public ValueTask DisposeAsync() => _child.DisposeAsync();

    private async Task WaitUntilReadyAsync(Launch launch, bool isDatagram, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(s_patience);
        try
        {
            if (launch.SaysReady)
            {
                await ReadUntilReadyAsync(patience.Token);
            }

            if (!isDatagram)
            {
                await ConnectAsync(patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The patience has ended, not the whole comparison.
            throw new RunFailedException($"the server is not ready after {s_patience.TotalSeconds:0} s: {Errors}");
        }
    }

    private async Task ReadUntilReadyAsync(CancellationToken cancellationToken)
    {
        await foreach (string line in _child.Lines.ReadAllAsync(cancellationToken))
        {
            if (line == Ready)
            {
                return;
            }

            if (line.StartsWith(BannerWord, StringComparison.Ordinal))
            {
                Banner = line;
            }
        }

        throw new RunFailedException($"the server has ended: {Errors}");
    }

    /// <summary>Until it accepts a connection. The first connection of a server is always this one.</summary>
    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_child.HasExited)
            {
                throw new RunFailedException($"the server has ended: {Errors}");
            }

            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port), cancellationToken);
                return;
            }
            catch (SocketException)
            {
                // Not yet.
                await Task.Delay(s_pause, cancellationToken);
            }
        }
    }
}
