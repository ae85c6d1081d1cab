using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using SocketKit.Benchmarks.Peers;

namespace SocketKit.Benchmarks.Streams;

/// <summary>Messages one way; the peer takes them with large receives and says nothing. One operation is one message.</summary>
public class TcpStreaming : EngineBenchmark
{
    private const int Messages = 256;

    private byte[] _message = [];
    private StreamPairs _pairs = null!;
    private Socket _raw = null!;
    private Socket _rawAsync = null!;
    private StreamConnection _kit = null!;
    private StreamConnection _kitAsync = null!;

    [Params(64, 1024, 65536)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Connect()
    {
        _message = new byte[Bytes];
        _pairs = StreamPairs.Discarding(new TcpTransport(), ChosenEngine);
        _raw = _pairs.Raw();
        _rawAsync = _pairs.Raw();
        _kit = _pairs.Kit();
        _kitAsync = _pairs.Kit();
    }

    [GlobalCleanup]
    public void Close() => _pairs.Dispose();

    [Benchmark(Baseline = true, OperationsPerInvoke = Messages)]
    [BenchmarkCategory("sync")]
    public void Sync_Socket()
    {
        for (int i = 0; i < Messages; i++)
        {
            _raw.Send(_message);
        }
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    [BenchmarkCategory("sync")]
    public void Sync_SocketKit()
    {
        for (int i = 0; i < Messages; i++)
        {
            _kit.Send(_message);
        }
    }

    [Benchmark(Baseline = true, OperationsPerInvoke = Messages)]
    [BenchmarkCategory("async")]
    public async Task Async_Socket()
    {
        for (int i = 0; i < Messages; i++)
        {
            await _rawAsync.SendAsync(_message.AsMemory(), SocketFlags.None);
        }
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    [BenchmarkCategory("async")]
    public async Task Async_SocketKit()
    {
        for (int i = 0; i < Messages; i++)
        {
            await _kitAsync.SendAsync(_message);
        }
    }
}
