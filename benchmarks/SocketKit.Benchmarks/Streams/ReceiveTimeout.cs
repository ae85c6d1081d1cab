using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using SocketKit.Benchmarks.Peers;

namespace SocketKit.Benchmarks.Streams;

/// <summary>
/// What a deadline costs that is armed for a receive and never reached: when the byte is there, and when it has to be waited for.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "Disposed by the global clean-up.")]
public class ReceiveTimeout : EngineBenchmark
{
    private const int Receives = 100;

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    private readonly byte[] _one = new byte[1];
    private readonly byte[] _buffer = new byte[16];
    private Socket _listener = null!;
    private Socket _raw = null!;
    private Socket _rawPeer = null!;
    private TcpClient _kit = null!;
    private Socket _kitPeer = null!;
    private CancellationTokenSource _reused = null!;

    [GlobalSetup]
    public void Connect()
    {
        using var transport = new TcpTransport();
        _listener = transport.Listen();
        _raw = transport.ConnectRaw(_listener);
        _rawPeer = _listener.Accept();
        _kit = (TcpClient)transport.Connect(_listener, ChosenEngine);
        _kitPeer = _listener.Accept();
        _reused = new CancellationTokenSource();
    }

    [GlobalCleanup]
    public void Close()
    {
        foreach (IDisposable one in (IDisposable[])[_raw, _rawPeer, _kit, _kitPeer, _listener, _reused])
        {
            one.Dispose();
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Receives)]
    [BenchmarkCategory("data is there")]
    public Task Ready_Socket() => RawAsync(isReady: true, static _ => (null, CancellationToken.None));

    [Benchmark(OperationsPerInvoke = Receives)]
    [BenchmarkCategory("data is there")]
    public Task Ready_Socket_CancelAfter() => RawAsync(isReady: true, NewSource);

    [Benchmark(OperationsPerInvoke = Receives)]
    [BenchmarkCategory("data is there")]
    public Task Ready_Socket_CancelAfter_reused() => RawAsync(isReady: true, ReusedSource);

    [Benchmark(OperationsPerInvoke = Receives)]
    [BenchmarkCategory("data is there")]
    public Task Ready_SocketKit() => KitAsync(isReady: true, Timeout.InfiniteTimeSpan);

    [Benchmark(OperationsPerInvoke = Receives)]
    [BenchmarkCategory("data is there")]
    public Task Ready_SocketKit_deadline() => KitAsync(isReady: true, s_deadline);

    [Benchmark(Baseline = true, OperationsPerInvoke = Receives)]
    [BenchmarkCategory("has to wait")]
    public Task Waiting_Socket() => RawAsync(isReady: false, static _ => (null, CancellationToken.None));

    [Benchmark(OperationsPerInvoke = Receives)]
    [BenchmarkCategory("has to wait")]
    public Task Waiting_Socket_CancelAfter() => RawAsync(isReady: false, NewSource);

    [Benchmark(OperationsPerInvoke = Receives)]
    [BenchmarkCategory("has to wait")]
    public Task Waiting_Socket_CancelAfter_reused() => RawAsync(isReady: false, ReusedSource);

    [Benchmark(OperationsPerInvoke = Receives)]
    [BenchmarkCategory("has to wait")]
    public Task Waiting_SocketKit() => KitAsync(isReady: false, Timeout.InfiniteTimeSpan);

    [Benchmark(OperationsPerInvoke = Receives)]
    [BenchmarkCategory("has to wait")]
    public Task Waiting_SocketKit_deadline() => KitAsync(isReady: false, s_deadline);

    private static (IDisposable? Owned, CancellationToken Token) NewSource(ReceiveTimeout self)
    {
        var source = new CancellationTokenSource(s_deadline);
        return (source, source.Token);
    }

    private static (IDisposable? Owned, CancellationToken Token) ReusedSource(ReceiveTimeout self)
    {
        self._reused.TryReset();
        self._reused.CancelAfter(s_deadline);
        return (null, self._reused.Token);
    }

    private async Task RawAsync(bool isReady, Func<ReceiveTimeout, (IDisposable? Owned, CancellationToken Token)> arm)
    {
        for (int i = 0; i < Receives; i++)
        {
            if (isReady)
            {
                _rawPeer.Send(_one);
            }

            (IDisposable? owned, CancellationToken token) = arm(this);
            ValueTask<int> receiving = _raw.ReceiveAsync(_buffer.AsMemory(), SocketFlags.None, token);
            if (!isReady)
            {
                _rawPeer.Send(_one);
            }

            await receiving;
            owned?.Dispose();
        }
    }

    private async Task KitAsync(bool isReady, TimeSpan timeout)
    {
        _kit.Timeout = timeout;
        for (int i = 0; i < Receives; i++)
        {
            if (isReady)
            {
                _kitPeer.Send(_one);
            }

            ValueTask<int> receiving = _kit.ReceiveAsync(_buffer);
            if (!isReady)
            {
                _kitPeer.Send(_one);
            }

            await receiving;
        }
    }
}
