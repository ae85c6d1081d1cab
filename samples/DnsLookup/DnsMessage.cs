using System.Buffers.Binary;
using System.Net;
using System.Text;

/// <summary>The record types that this sample knows: RFC 1035 and RFC 3596.</summary>
internal enum DnsType
{
    A = 1,
    Aaaa = 28,
}

/// <summary>Questions and answers as RFC 1035 lays them out.</summary>
internal static class DnsMessage
{
    /// <summary>The longest message over UDP without extensions (RFC 1035 section 2.3.4).</summary>
    public const int Longest = 512;

    public const int HeaderLength = 12;
    public const byte AnswerBit = 0x80;
    public const byte NoSuchName = 3;

    private const int LongestName = 253;
    private const int LongestLabel = 63;
    private const byte RecursionDesired = 1;
    private const byte Truncated = 2;

    /// <summary>The two first bits of a length: both are set for a pointer to an earlier name (RFC 1035 section 4.1.4).</summary>
    private const byte Pointer = 0xC0;

    private const byte CodeMask = 0xF;
    private const int InternetClass = 1;

    /// <summary>The type and the class after a name.</summary>
    private const int TypeAndClass = 4;

    /// <summary>Type, class, time to live and length after the name of a record.</summary>
    private const int RecordHead = 10;

    /// <summary>Whether a text can be asked for: labels of 1 to 63 characters of ASCII.</summary>
    public static bool IsName(string name) => name.Length <= LongestName
        && Ascii.IsValid(name)
        && name.TrimEnd('.').Split('.').All(static label => label.Length is > 0 and <= LongestLabel);

    public static byte[] Question(ushort id, string name, DnsType type)
    {
        var question = new List<byte> { (byte)(id >> 8), (byte)id, RecursionDesired, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
        foreach (string label in name.TrimEnd('.').Split('.'))
        {
            question.Add((byte)label.Length);
            question.AddRange(Encoding.ASCII.GetBytes(label));
        }

        question.AddRange([0, 0, (byte)type, 0, InternetClass]);
        return [.. question];
    }

    /// <summary>
    /// Reads what the server says. Null: the message is not the answer to this question. Records of other types, such as the alias that
    /// leads to an address, are skipped.
    /// </summary>
    public static string? Answer(ReadOnlySpan<byte> message, ushort id, string name, DnsType type)
    {
        byte[] question = Question(id, name, type);
        bool isOurs = message.Length >= question.Length
            && BinaryPrimitives.ReadUInt16BigEndian(message) == id
            && (message[2] & AnswerBit) != 0
            && Encoding.ASCII.GetString(message[HeaderLength..question.Length])
                .Equals(Encoding.ASCII.GetString(question.AsSpan(HeaderLength)), StringComparison.OrdinalIgnoreCase);
        return !isOurs ? null
            : (message[2] & Truncated) != 0 ? "the answer is too long for a datagram"
            : (message[3] & CodeMask) switch
            {
                0 => Addresses(message, question.Length, type),
                NoSuchName => "there is no such name",
                int code => $"the server failed with code {code}",
            };
    }

    private static string Addresses(ReadOnlySpan<byte> message, int at, DnsType type)
    {
        var found = new List<IPAddress>();
        for (int left = BinaryPrimitives.ReadUInt16BigEndian(message[6..]); left > 0; left--)
        {
            // A server may send anything, so every length is checked before it is used.
            at = EndOfName(message, at);
            if (at < 0 || at + RecordHead > message.Length)
            {
                return "the answer is malformed";
            }

            int kind = BinaryPrimitives.ReadUInt16BigEndian(message[at..]);
            int length = BinaryPrimitives.ReadUInt16BigEndian(message[(at + RecordHead - 2)..]);
            at += RecordHead;
            if (at + length > message.Length || (kind == (int)type && length != (type == DnsType.A ? 4 : 16)))
            {
                return "the answer is malformed";
            }

            if (kind == (int)type)
            {
                found.Add(new IPAddress(message.Slice(at, length)));
            }

            at += length;
        }

        return found.Count > 0 ? string.Join(", ", found) : "none";
    }

    /// <summary>The place after a name, which may end with a pointer to an earlier one; -1 if the message ends before.</summary>
    private static int EndOfName(ReadOnlySpan<byte> message, int at)
    {
        while (at < message.Length)
        {
            switch (message[at] & Pointer)
            {
                case Pointer:
                    return at + 2;
                case 0 when message[at] == 0:
                    return at + 1;
                case 0:
                    at += message[at] + 1;
                    break;
                default:
                    // The two other values of these bits are reserved.
                    return -1;
            }
        }

        return -1;
    }

    /// <summary>The length of a message with one question and nothing else; -1 if it is no such message.</summary>
    public static int EndOfQuestion(ReadOnlySpan<byte> message)
    {
        int end = message.Length > HeaderLength ? EndOfName(message, HeaderLength) : -1;
        return end >= 0 && end + TypeAndClass <= message.Length ? end + TypeAndClass : -1;
    }
}
