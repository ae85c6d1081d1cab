namespace SocketKit.Load;

/// <summary>
/// Endless bytes with a prime period, the same as those of benchmarks/native. A byte that is lost, doubled or in the wrong place
/// does not match.
/// </summary>
internal static class BytePattern
{
    /// <summary>The longest piece that can be asked for.</summary>
    public const int LongestPiece = 256 * 1024;

    /// <summary>The largest prime below 65536.</summary>
    private const int Period = 65521;

    /// <summary>Pinned for good, so that a send need not pin it.</summary>
    public static byte[] Bytes { get; } = Make();

    /// <summary>Where in <see cref="Bytes"/> the byte of this position is. <see cref="LongestPiece"/> bytes follow.</summary>
    public static int OffsetOf(long position) => (int)(position % Period);

    public static ReadOnlySpan<byte> At(long position, int length) => Bytes.AsSpan(OffsetOf(position), length);

    private static byte[] Make()
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(Period + LongestPiece, pinned: true);
        uint state = 1; // xorshift (Marsaglia, 2003); any seed but 0
        for (int i = 0; i < bytes.Length; i++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            bytes[i] = i < Period ? (byte)state : bytes[i - Period];
        }

        return bytes;
    }
}
