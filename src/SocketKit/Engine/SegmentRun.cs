namespace SocketKit.Engine;

/// <summary>A run of equal datagrams in one block of memory, and how much of it went: what a send goes on with after a wait.</summary>
/// <param name="segmentSize">Bytes of each datagram; the last one may be shorter.</param>
internal struct SegmentRun(int segmentSize)
{
    /// <summary>0 for the default value, which is no run.</summary>
    public readonly int SegmentSize { get; } = segmentSize;

    /// <summary>The bytes of the datagrams that went.</summary>
    public int Bytes { get; private set; }

    /// <summary>The datagrams that went.</summary>
    public int Datagrams { get; private set; }

    /// <summary>The next datagrams, at most so many.</summary>
    public readonly ReadOnlySpan<byte> Next(ReadOnlySpan<byte> data, int most)
    {
        ReadOnlySpan<byte> rest = data[Bytes..];
        return rest[..(int)Math.Min(rest.Length, (long)most * SegmentSize)];
    }

    /// <summary>The next datagrams went.</summary>
    /// <param name="bytes">Their bytes.</param>
    public void NoteSent(int bytes)
    {
        Bytes += bytes;
        Datagrams += ((bytes - 1) / SegmentSize) + 1;
    }

    /// <summary>The outcome of the whole call. If some went it has succeeded, and the count is that of their bytes.</summary>
    public readonly IoResult Ended(IoResult outcome) => outcome.IsSuccess || Bytes > 0 ? new IoResult(Bytes) : outcome;
}
