using System.Globalization;
using SocketKit.Framing;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Framing;

/// <summary>Random parameters of a length prefix.</summary>
internal static class LengthPrefixes
{
    private static readonly int[] s_sizes = [1, 2, 3, 4, 8];

    public static LengthPrefixOptions Random(SeededRandom random) => new()
    {
        Size = s_sizes[random.Below(s_sizes.Length)],
        LittleEndian = random.Below(2) == 0,
        Offset = random.Below(3) == 0 ? random.Below(7) : 0,
        Adjustment = random.Below(2) == 0 ? random.Below(17) - 8 : 0,
        Strip = random.Below(2) == 0 ? random.Below(12) : null,
    };

    public static string Show(LengthPrefixOptions options) => string.Create(
        CultureInfo.InvariantCulture,
        $"{options.Size} bytes at {options.Offset}, little-endian {options.LittleEndian}, {options.Adjustment}, strip {options.Strip}");

    /// <summary>
    /// Frames whose length is mostly right: any bytes, the length of what follows, and that. Sometimes the length is any number or a large
    /// one, sometimes bytes are missing.
    /// </summary>
    public static byte[] Frames(LengthPrefixOptions options, SeededRandom random)
    {
        var bytes = new List<byte>();
        for (int frames = random.Below(5); frames >= 0; frames--)
        {
            int body = random.Below(4) == 0 ? random.Below(80) : random.Below(10);
            long value = random.Below(12) switch
            {
                0 => random.Below(256),
                1 => ((long)random.Below(int.MaxValue) << 32) | (uint)random.Below(int.MaxValue),
                2 => -1 - random.Below(20),
                3 => long.MaxValue - random.Below(20),
                _ => body - options.Adjustment,
            };
            bytes.AddRange(Kind.Bytes(random, options.Offset));
            bytes.AddRange(Field(value, options));
            bytes.AddRange(Kind.Bytes(random, random.Below(12) == 0 ? random.Below(body + 1) : body));
        }

        return [.. bytes];
    }

    private static IEnumerable<byte> Field(long value, LengthPrefixOptions options)
    {
        IEnumerable<byte> field = BitConverter.GetBytes(value).Take(options.Size);
        return options.LittleEndian ? field : field.Reverse();
    }
}
