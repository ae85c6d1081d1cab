using System.Buffers;

namespace SocketKit.Framing;

/// <summary>A sequence of bytes behind each message.</summary>
internal sealed class DelimiterFraming : StandardFraming
{
    private readonly byte[] _delimiter;

    /// <summary>
    /// How many bytes of the delimiter can stand at the end of a message so that they and the delimiter contain it earlier: 1 for "aa", 2
    /// for "abab". Most delimiters have none.
    /// </summary>
    private readonly int[] _overlaps;

    internal DelimiterFraming(ReadOnlySpan<byte> delimiter)
    {
        if (delimiter.IsEmpty)
        {
            throw new ArgumentException("A delimiter has at least one byte.", nameof(delimiter));
        }

        _delimiter = delimiter.ToArray();
        _overlaps = [.. Enumerable.Range(1, _delimiter.Length - 1)
            .Where(count => _delimiter.AsSpan(count).SequenceEqual(_delimiter.AsSpan(0, _delimiter.Length - count)))];
    }

    public override int DefaultMaxMessageSize => 8 * Kibibyte;

    internal override int ReservedHead => 0;

    internal override ReadOnlySpan<byte> Tail => _delimiter;

    internal override bool TryFind(ReadOnlySpan<byte> bytes, long state, int limit, out Frame frame)
    {
        int end = state < bytes.Length ? bytes[(int)state..].IndexOf(_delimiter) : -1;
        frame = new(0, state + end, _delimiter.Length);
        return end >= 0 && (frame.Length <= limit ? true : throw FrameException.NoEnd(limit));
    }

    internal override int FillHead(Span<byte> head, in ReadOnlySequence<byte> message)
    {
        bool isInside = SequenceSearch.IndexOf(message, _delimiter, 0) >= 0;
        foreach (int count in _overlaps)
        {
            isInside |= message.Length >= count
                && new SequenceReader<byte>(message.Slice(message.Length - count)).IsNext(_delimiter.AsSpan(0, count));
        }

        Check(isInside);
        return 0;
    }

    internal override int FillHead(Span<byte> head, ReadOnlySpan<byte> message)
    {
        bool isInside = message.IndexOf(_delimiter) >= 0;
        foreach (int count in _overlaps)
        {
            isInside |= message.EndsWith(_delimiter.AsSpan(0, count));
        }

        Check(isInside);
        return 0;
    }

    protected override bool TryFind(in ReadOnlySequence<byte> buffer, ref long state, int limit, out Frame frame)
    {
        long end = SequenceSearch.IndexOf(buffer, _delimiter, state);
        // All bytes of the delimiter but the last may have come.
        long length = end < 0 ? Math.Max(buffer.Length - (_delimiter.Length - 1), 0) : end;
        if (length > limit)
        {
            throw FrameException.NoEnd(limit);
        }

        frame = new(0, length, _delimiter.Length);
        state = length;
        return end >= 0;
    }

    private static void Check(bool message)
    {
        if (message)
        {
            throw new ArgumentException("A message must not contain the delimiter: the peer would read two messages.", nameof(message));
        }
    }
}
