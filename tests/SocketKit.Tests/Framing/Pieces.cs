using System.Buffers;

namespace SocketKit.Tests.Framing;

/// <summary>Bytes in several pieces of memory, as a receive leaves them.</summary>
internal static class Pieces
{
    public static ReadOnlySequence<byte> Join(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        Piece? first = null;
        Piece? last = null;
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            last = last is null ? first = new Piece(piece) : last.Append(piece);
        }

        return first is null ? default : new ReadOnlySequence<byte>(first, 0, last!, last!.Memory.Length);
    }

    /// <summary>A piece up to each place, and the rest.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Cut(ReadOnlyMemory<byte> bytes, params IEnumerable<int> places)
    {
        int from = 0;
        foreach (int place in places)
        {
            yield return bytes[from..place];
            from = place;
        }

        yield return bytes[from..];
    }

    public static IEnumerable<ReadOnlyMemory<byte>> Single(ReadOnlyMemory<byte> bytes) =>
        Enumerable.Range(0, bytes.Length).Select(place => bytes.Slice(place, 1));
}

internal sealed class Piece : ReadOnlySequenceSegment<byte>
{
    public Piece(ReadOnlyMemory<byte> memory) => Memory = memory;

    public Piece Append(ReadOnlyMemory<byte> memory)
    {
        var next = new Piece(memory) { RunningIndex = RunningIndex + Memory.Length };
        Next = next;
        return next;
    }
}
