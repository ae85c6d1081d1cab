using System.Buffers;
using System.Net.Security;
using BenchmarkDotNet.Attributes;
using SocketKit.Benchmarks.Peers;

namespace SocketKit.Benchmarks.Tls;

/// <summary>A hundred pieces of 32 bytes over TLS 1.3, one by one or as one sequence. One operation is all hundred.</summary>
public class TlsGathered : EngineBenchmark
{
    private const int Pieces = 100;
    private const int PieceBytes = 32;

    private readonly byte[] _piece = new byte[PieceBytes];
    private ReadOnlySequence<byte> _all;
    private TlsPairs _pairs = null!;
    private SslStream _ssl = null!;
    private StreamConnection _kit = null!;
    private StreamConnection _kitGathered = null!;

    [GlobalSetup]
    public void Connect()
    {
        var first = new Segment(_piece, null);
        Segment last = first;
        for (int i = 1; i < Pieces; i++)
        {
            last = new Segment(_piece, last);
        }

        _all = new ReadOnlySequence<byte>(first, 0, last, PieceBytes);
        _pairs = TlsPairs.Discarding(ChosenEngine);
        _ssl = _pairs.Ssl();
        _kit = _pairs.Kit();
        _kitGathered = _pairs.Kit();
    }

    [GlobalCleanup]
    public void Close() => _pairs.Dispose();

    [Benchmark(Baseline = true)]
    public async Task OneByOne_SslStream()
    {
        for (int i = 0; i < Pieces; i++)
        {
            await _ssl.WriteAsync(_piece);
        }
    }

    [Benchmark]
    public async Task OneByOne_SocketKit()
    {
        for (int i = 0; i < Pieces; i++)
        {
            await _kit.SendAsync(_piece);
        }
    }

    [Benchmark]
    public async Task Gathered_SocketKit() => await _kitGathered.SendAsync(_all);

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? before)
        {
            Memory = memory;
            if (before is not null)
            {
                before.Next = this;
                RunningIndex = before.RunningIndex + before.Memory.Length;
            }
        }
    }
}
