using System.Diagnostics.CodeAnalysis;
using BenchmarkDotNet.Attributes;

namespace SocketKit.Benchmarks.Streams;

/// <summary>
/// What one wait for many connections costs when one of them is ready, by their number. The byte is never taken, so each wait finds it.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Disposed by the global clean-up.")]
public class PollerWait : EngineBenchmark
{
    private readonly ReadySocket[] _ready = new ReadySocket[64];
    private readonly List<TcpConnection> _connections = [];
    private SocketPoller _poller = null!;

    /// <summary>Half of them are the clients of the others. A thousand are enough for Socket.Select, which looks at each.</summary>
    [Params(10, 1_000, 10_000)]
    public int Sockets { get; set; }

    [GlobalSetup]
    public void Connect()
    {
        _poller = new SocketPoller(ChosenEngine);
        for (int i = 0; i < Sockets / 2; i++)
        {
            (TcpConnection first, TcpConnection second) = TcpConnection.CreatePair(new() { Engine = ChosenEngine });
            _connections.AddRange([first, second]);
            _poller.Add(first, Readiness.Readable);
            _poller.Add(second, Readiness.Readable);
        }

        _connections[0].Send([1]);
        while (_poller.Wait(_ready, Timeout.InfiniteTimeSpan) != 1)
        {
        }
    }

    [GlobalCleanup]
    public void Close()
    {
        _poller.Dispose();
        _connections.ForEach(static connection => connection.Abort());
        _connections.Clear();
    }

    [Benchmark]
    public int Wait() => _poller.Wait(_ready, Timeout.InfiniteTimeSpan);
}
