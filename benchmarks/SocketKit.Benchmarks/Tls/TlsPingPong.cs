using System.Net.Security;
using BenchmarkDotNet.Attributes;
using SocketKit.Benchmarks.Peers;

namespace SocketKit.Benchmarks.Tls;

/// <summary>One record there and back over TLS 1.3, one at a time. One operation is one round trip.</summary>
public class TlsPingPong : EngineBenchmark
{
    private const int RoundTrips = 100;

    private byte[] _message = [];
    private byte[] _echo = [];

    // One of each for every shape: after one asynchronous call a raw socket is not the same any more.
    private TlsPairs _pairs = null!;
    private SslStream _ssl = null!;
    private SslStream _sslAsync = null!;
    private StreamConnection _kit = null!;
    private StreamConnection _kitAsync = null!;

    [Params(64, 1024, 16384)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Connect()
    {
        _message = new byte[Bytes];
        _echo = new byte[Bytes];
        _pairs = TlsPairs.Echoing(ChosenEngine);
        _ssl = _pairs.Ssl();
        _sslAsync = _pairs.Ssl();
        _kit = _pairs.Kit();
        _kitAsync = _pairs.Kit();
    }

    [GlobalCleanup]
    public void Close() => _pairs.Dispose();

    [Benchmark(Baseline = true, OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("sync")]
    public void Sync_SslStream()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            _ssl.Write(_message);
            for (int received = 0; received < Bytes;)
            {
                received += Check(_ssl.Read(_echo.AsSpan(received)));
            }
        }
    }

    [Benchmark(OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("sync")]
    public void Sync_SocketKit()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            _kit.Send(_message);
            for (int received = 0; received < Bytes;)
            {
                received += Check(_kit.Receive(_echo.AsSpan(received)));
            }
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("async")]
    public async Task Async_SslStream()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            await _sslAsync.WriteAsync(_message);
            for (int received = 0; received < Bytes;)
            {
                received += Check(await _sslAsync.ReadAsync(_echo.AsMemory(received)));
            }
        }
    }

    [Benchmark(OperationsPerInvoke = RoundTrips)]
    [BenchmarkCategory("async")]
    public async Task Async_SocketKit()
    {
        for (int i = 0; i < RoundTrips; i++)
        {
            await _kitAsync.SendAsync(_message);
            for (int received = 0; received < Bytes;)
            {
                received += Check(await _kitAsync.ReceiveAsync(_echo.AsMemory(received)));
            }
        }
    }

    private static int Check(int received) => received > 0 ? received : throw new InvalidDataException("The peer has gone.");
}
