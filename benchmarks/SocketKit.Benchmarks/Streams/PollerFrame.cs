using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;

namespace SocketKit.Benchmarks.Streams;

/// <summary>
/// What a frame of a game with 500 connections costs, of which so many have sent something: each is tried, or one wait names them.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Disposed by the global clean-up.")]
public class PollerFrame : EngineBenchmark
{
    private const int Connections = 500;

    private readonly byte[] _buffer = new byte[64];
    private readonly ReadySocket[] _ready = new ReadySocket[Connections];
    private (TcpConnection Client, TcpConnection Accepted)[] _pairs = null!;
    private SocketPoller _poller = null!;

    /// <summary>How many of them have sent a byte before each frame, whose cost is in every row.</summary>
    [Params(0, 10)]
    public int Talking { get; set; }

    [GlobalSetup]
    public void Connect()
    {
        _poller = new SocketPoller(ChosenEngine);
        _pairs = [.. Enumerable.Range(0, Connections).Select(_ => TcpConnection.CreatePair(new() { Engine = ChosenEngine }))];
        foreach ((_, TcpConnection accepted) in _pairs)
        {
            _poller.Add(accepted, Readiness.Readable);
        }
    }

    [GlobalCleanup]
    public void Close()
    {
        _poller.Dispose();
        foreach ((TcpConnection client, TcpConnection accepted) in _pairs)
        {
            client.Abort();
            accepted.Abort();
        }
    }

    [Benchmark(Baseline = true)]
    public int TryReceive_on_each()
    {
        Talk();
        int bytes = 0;
        foreach ((_, TcpConnection accepted) in _pairs)
        {
            bytes += accepted.TryReceive(_buffer, out int received) ? received : 0;
        }

        return bytes;
    }

    [Benchmark]
    public int SocketPoller_Wait()
    {
        Talk();
        int bytes = 0;
        foreach (ReadySocket found in _ready.AsSpan(0, _poller.Wait(_ready, TimeSpan.Zero)))
        {
            bytes += ((TcpConnection)found.Socket).TryReceive(_buffer, out int received) ? received : 0;
        }

        return bytes;
    }

    private void Talk()
    {
        for (int i = 0; i < Talking; i++)
        {
            _pairs[i * (Connections / 10)].Client.Send([1]);
        }
    }
}
