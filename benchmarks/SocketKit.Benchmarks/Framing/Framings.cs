using System.Buffers;
using BenchmarkDotNet.Attributes;
using SocketKit.Framing;

namespace SocketKit.Benchmarks.Framing;

/// <summary>What a framing costs for a message of 32 bytes, without sockets: taking it off what has come, and writing it.</summary>
public class Framings
{
    private const int Messages = 256;
    private const int Size = 32;

    private static readonly Dictionary<string, MessageFraming> s_framings = new()
    {
        ["4 bytes"] = MessageFraming.LengthPrefix(),
        ["8 bytes, little-endian"] = MessageFraming.LengthPrefix(8, littleEndian: true),
        ["varint"] = MessageFraming.VarInt,
        ["lines"] = MessageFraming.Lines,
        ["delimiter"] = MessageFraming.Delimiter("\r\n\r\n"u8),
        ["fixed size"] = MessageFraming.FixedSize(Size),
    };

    private readonly byte[] _message = new byte[Size];
    private readonly ArrayBufferWriter<byte> _output = new(2 * Size * Messages);
    private MessageFraming _framing = null!;
    private ReadOnlySequence<byte> _whole;
    private ReadOnlySequence<byte> _pieces;

    public static IEnumerable<string> Names => s_framings.Keys;

    [ParamsSource(nameof(Names))]
    public string Format { get; set; } = "4 bytes";

    [GlobalSetup]
    public void Fill()
    {
        _framing = s_framings[Format];
        _message.AsSpan().Fill((byte)'x');
        Write();
        byte[] bytes = _output.WrittenSpan.ToArray();
        _whole = new ReadOnlySequence<byte>(bytes);
        var first = new Piece(bytes.AsMemory(0, 1000), 0);
        var last = new Piece(bytes.AsMemory(1000), 1000);
        first.Follow(last);
        _pieces = new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    [Benchmark(OperationsPerInvoke = Messages)]
    [BenchmarkCategory("hot")]
    public int Parse() => Count(_whole);

    [Benchmark(OperationsPerInvoke = Messages)]
    public int Parse_two_pieces() => Count(_pieces);

    [Benchmark(OperationsPerInvoke = Messages)]
    [BenchmarkCategory("hot")]
    public int Write()
    {
        _output.ResetWrittenCount();
        for (int i = 0; i < Messages; i++)
        {
            _framing.Write(_message.AsSpan(), _output);
        }

        return _output.WrittenCount;
    }

    private int Count(ReadOnlySequence<byte> buffer)
    {
        int count = 0;
        long state = 0;
        while (_framing.TryParse(ref buffer, ref state, int.MaxValue, out _))
        {
            count++;
            state = 0;
        }

        return count;
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index)
        {
            Memory = memory;
            RunningIndex = index;
        }

        public void Follow(Piece next) => Next = next;
    }
}
