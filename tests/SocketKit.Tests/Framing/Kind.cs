using System.Buffers;
using System.Globalization;
using SocketKit.Framing;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Framing;

/// <summary>A framing under test, and messages that it can carry.</summary>
internal sealed class Kind
{
    private static readonly Kind[] s_all =
    [
        new("lines", MessageFraming.Lines, static bytes => Array.ConvertAll(bytes, static one => one is 10 or 13 ? (byte)'.' : one)),
        new("varint", MessageFraming.VarInt),
        new("1 byte", MessageFraming.LengthPrefix(1)),
        new("2 bytes", MessageFraming.LengthPrefix(2)),
        new("3 bytes", MessageFraming.LengthPrefix(3)),
        new("4 bytes", MessageFraming.LengthPrefix()),
        new("8 bytes", MessageFraming.LengthPrefix(8)),
        new("2 bytes, little-endian", MessageFraming.LengthPrefix(2, littleEndian: true)),
        new("3 bytes, little-endian", MessageFraming.LengthPrefix(3, littleEndian: true)),
        new("4 bytes, little-endian", MessageFraming.LengthPrefix(4, littleEndian: true)),
        new("8 bytes, little-endian", MessageFraming.LengthPrefix(8, littleEndian: true)),
        new("counts itself", MessageFraming.LengthPrefix(new LengthPrefixOptions { Size = 2, Adjustment = -2 })),
        Whole("whole frames", new LengthPrefixOptions { Size = 3, Offset = 2, Strip = 0 }),
        Whole(
            "whole frames, all counted",
            new LengthPrefixOptions { Size = 4, Offset = 1, Adjustment = -5, Strip = 0, LittleEndian = true }),
        Whole("whole frames, a checksum behind", new LengthPrefixOptions { Size = 1, Adjustment = 2, Strip = 0 }, 2),
        Delimited("blank line", "\r\n\r\n"u8),
        Delimited("zero", [0]),
        Delimited("repeated", "aa"u8),
        Delimited("in itself", "abab"u8),
        new("fixed size", MessageFraming.FixedSize(7), static bytes => [.. bytes.Concat(new byte[7]).Take(7)]),
        new("own framing", new NetString(), static bytes => bytes),
    ];

    private readonly Func<byte[], byte[]> _fit;

    private Kind(string name, MessageFraming framing, Func<byte[], byte[]>? fit = null)
    {
        Name = name;
        Framing = framing;
        _fit = fit ?? (static bytes => bytes);
    }

    public static TheoryData<string> Names => [.. s_all.Select(static kind => kind.Name)];

    public static IEnumerable<Kind> All => s_all;

    public string Name { get; }

    public MessageFraming Framing { get; }

    public static Kind Of(string name) => s_all.Single(kind => kind.Name == name);

    /// <summary>A message that this framing carries, as near to the given bytes as can be.</summary>
    public byte[] Fit(byte[] bytes) => _fit(bytes);

    public byte[] Message(SeededRandom random) => Fit(Bytes(random, random.Below(4) == 0 ? random.Below(200) : random.Below(12)));

    /// <summary>A few messages of all kinds that matter: empty, short, with every value of a byte.</summary>
    public byte[][] Messages() =>
    [
        .. new byte[][]
        {
            [], [0], "a"u8.ToArray(), "ab"u8.ToArray(), [255, 254], "hello"u8.ToArray(), "\r\n\r"u8.ToArray(), [],
            [.. Enumerable.Range(0, 256 / 2).Select(static value => (byte)value)], "aba"u8.ToArray(),
        }.Select(Fit),
    ];

    public byte[] Encode(params IEnumerable<byte[]> messages)
    {
        var output = new ArrayBufferWriter<byte>();
        foreach (byte[] message in messages)
        {
            Framing.Write(new ReadOnlySequence<byte>(message), output);
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Random bytes; half of the time of few values, so that they are often those that a framing looks for.</summary>
    public static byte[] Bytes(SeededRandom random, int count)
    {
        ReadOnlySpan<byte> frequent = [0, 0, 0, 1, 2, 3, 5, 8, 0x7F, 0x80, 0x81, 0xFF, .. "\n\rab1:"u8];
        bool few = random.Below(2) == 0;
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = few ? frequent[random.Below(frequent.Length)] : (byte)random.Below(256);
        }

        return bytes;
    }

    public override string ToString() => Name;

    /// <summary>The message is the frame: it has at least so many bytes, and the length in it is right.</summary>
    private static Kind Whole(string name, LengthPrefixOptions options, int more = 0)
    {
        MessageFraming framing = MessageFraming.LengthPrefix(options);
        int least = options.Offset + options.Size + more;
        return new(name, framing, bytes =>
        {
            var output = new ArrayBufferWriter<byte>();
            framing.Write([.. bytes, .. new byte[least]], output);
            return output.WrittenSpan.ToArray();
        });
    }

    /// <summary>The message loses bytes at its end until it does not contain the delimiter, also together with the one behind it.</summary>
    private static Kind Delimited(string name, ReadOnlySpan<byte> delimiter)
    {
        byte[] copy = delimiter.ToArray();
        return new(name, MessageFraming.Delimiter(delimiter), bytes =>
        {
            int count = bytes.Length;
            while (((byte[])[.. bytes.AsSpan(0, count), .. copy]).AsSpan().IndexOf(copy) < count)
            {
                count--;
            }

            return bytes[..count];
        });
    }
}
