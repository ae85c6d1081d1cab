using System.Buffers.Binary;

namespace SocketKit;

/// <summary>The checksum of IPv4 headers, ICMP, UDP and TCP: RFC 1071.</summary>
public static class InternetChecksum
{
    private const int WordBytes = 2;
    private const int WordBits = 16;
    private const uint WordMask = 0xFFFF;

    /// <summary>
    /// The complement of the sum, in ones' complement, of all 16-bit words in network order. A last odd byte counts as if a zero followed.
    /// </summary>
    /// <param name="data">The bytes, with zero where the checksum will be. With the checksum in its place the result is 0.</param>
    /// <returns>What to write, in network order, in the place of the checksum.</returns>
    public static ushort Compute(ReadOnlySpan<byte> data)
    {
        ulong sum = 0;
        for (; data.Length >= WordBytes; data = data[WordBytes..])
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(data);
        }

        sum += data.IsEmpty ? 0UL : (ulong)data[0] << (WordBits / 2);
        while (sum > WordMask)
        {
            sum = (sum & WordMask) + (sum >> WordBits);
        }

        return (ushort)~sum;
    }
}
