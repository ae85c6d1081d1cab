using System.Globalization;
using SocketKit.Framing;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Framing;

/// <summary>
/// Bad bytes: only FrameException comes out, in which pieces they come changes nothing, and no message is above the limit.
/// SOCKETKIT_FUZZ is the number of inputs per framing (10000000 by hand, with -c Release), SOCKETKIT_SEED plays one of them again.
/// </summary>
public sealed class FuzzTests
{
    private const long Inputs = 200_000;

    private static readonly (LengthPrefixOptions Options, MessageFraming Framing)[] s_prefixes =
    [
        .. Enumerable.Range(1, 500).Select(static seed => LengthPrefixes.Random(new SeededRandom((ulong)seed)))
            .Select(static options => (options, MessageFraming.LengthPrefix(options))),
    ];

    private static readonly Kind[] s_usual = [Kind.Of("4 bytes"), Kind.Of("8 bytes, little-endian"), Kind.Of("whole frames")];

    [Fact]
    public void Lines() => Run("lines");

    [Fact]
    public void Varints() => Run("varint");

    [Fact]
    public void Length_prefixes() => Run(static random =>
    {
        Kind kind = s_usual[random.Below(s_usual.Length)];
        (LengthPrefixOptions options, MessageFraming framing) = s_prefixes[random.Below(s_prefixes.Length)];
        return random.Below(2) == 0 ? (kind.Framing, Mutate(kind, random)) : (framing, LengthPrefixes.Frames(options, random));
    });

    [Fact]
    public void Delimiters() => Run("blank line", "zero", "repeated", "in itself");

    [Fact]
    public void Fixed_sizes() => Run("fixed size");

    [Fact]
    public void Framings_of_a_user() => Run("own framing");

    /// <summary>A stream that was good once, or bytes that never were.</summary>
    private static byte[] Mutate(Kind kind, SeededRandom random)
    {
        if (random.Below(3) == 0)
        {
            return Kind.Bytes(random, random.Below(40));
        }

        List<byte> bytes = [.. kind.Encode(Enumerable.Range(0, random.Below(4)).Select(_ => kind.Message(random)))];
        for (int changes = random.Below(4); changes > 0 && bytes.Count > 0; changes--)
        {
            int place = random.Below(bytes.Count);
            switch (random.Below(4))
            {
                case 0:
                    bytes[place] = (byte)random.Below(256);
                    break;
                case 1:
                    bytes.RemoveRange(place, bytes.Count - place);
                    break;
                case 2:
                    bytes.InsertRange(place, Kind.Bytes(random, random.Below(6)));
                    break;
                default:
                    bytes.RemoveAt(place);
                    break;
            }
        }

        return [.. bytes];
    }

    private static void Run(params string[] names)
    {
        Kind[] kinds = Array.ConvertAll(names, Kind.Of);
        Run(random =>
        {
            Kind kind = kinds[random.Below(kinds.Length)];
            return (kind.Framing, Mutate(kind, random));
        });
    }

    private static void Run(Func<SeededRandom, (MessageFraming Framing, byte[] Bytes)> make)
    {
        (long count, ulong first) = Plan();
        for (ulong seed = first; seed < first + (ulong)count; seed++)
        {
            var random = new SeededRandom(seed);
            (MessageFraming framing, byte[] bytes) = make(random);
            int limit = random.Below(3) == 0 ? framing.DefaultMaxMessageSize : random.Below(48);
            try
            {
                Check(framing, bytes, limit, random);
            }
            catch (Exception exception)
            {
                // Whoever reads the failure needs the seed.
                throw new InvalidOperationException(
                    string.Create(
                        CultureInfo.InvariantCulture, $"SOCKETKIT_SEED={seed}: {framing}, limit {limit}, {Convert.ToHexString(bytes)}"),
                    exception);
            }
        }
    }

    private static void Check(MessageFraming framing, byte[] bytes, int limit, SeededRandom random)
    {
        var whole = new Receiver(framing, limit);
        whole.Receive(bytes);
        var pieces = new Receiver(framing, limit);
        pieces.Receive(default(ReadOnlyMemory<byte>));
        for (int from = 0; from < bytes.Length;)
        {
            int count = Math.Min(1 + random.Below(8), bytes.Length - from);
            pieces.Receive(bytes.AsMemory(from, count));
            from += count;
        }

        Require((whole.Refusal is null) == (pieces.Refusal is null), "Refused in one piece or in many, but not in both.");
        Require(whole.Messages.Count == pieces.Messages.Count, "Another number of messages.");
        Require(whole.Refusal is not null || whole.Left == pieces.Left, "Another rest.");
        int sum = 0;
        for (int i = 0; i < whole.Messages.Count; i++)
        {
            Require(whole.Messages[i].AsSpan().SequenceEqual(pieces.Messages[i]), "Another message.");
            Require(whole.Messages[i].Length <= limit, "A message above the limit.");
            sum += whole.Messages[i].Length;
        }

        Require(sum <= bytes.Length, "More bytes than came.");
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException(what);
        }
    }

    private static (long Count, ulong First) Plan() =>
        Environment.GetEnvironmentVariable("SOCKETKIT_SEED") is { Length: > 0 } seed
            ? (1L, ulong.Parse(seed, CultureInfo.InvariantCulture))
            : Environment.GetEnvironmentVariable("SOCKETKIT_FUZZ") is { Length: > 0 } count
                ? (long.Parse(count, CultureInfo.InvariantCulture), 1UL)
                : (Inputs, 1UL);
}
