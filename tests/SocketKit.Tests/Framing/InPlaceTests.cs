using System.Buffers;
using SocketKit.Framing;

namespace SocketKit.Tests.Framing;

/// <summary>A message that is written in place, with its head filled in afterwards.</summary>
public sealed class InPlaceTests
{
    public static TheoryData<string> InPlace =>
        [.. Kind.All.Where(static kind => kind.Framing.ReservedHead >= 0).Select(static kind => kind.Name)];

    [Fact]
    public void All_framings_but_those_that_change_a_message_can_do_it() =>
        Kind.All.Where(static kind => kind.Framing.ReservedHead < 0).Select(static kind => kind.Name)
            .Should().Equal("whole frames", "whole frames, all counted", "whole frames, a checksum behind", "own framing");

    [Theory]
    [MemberData(nameof(InPlace))]
    public void Head_message_and_tail_are_the_bytes_that_Write_writes(string name)
    {
        Kind kind = Kind.Of(name);
        foreach (byte[] message in kind.Messages())
        {
            byte[] head = new byte[kind.Framing.ReservedHead];
            for (int place = 0; place <= message.Length; place++)
            {
                int unused = kind.Framing.FillHead(head, Pieces.Join(Pieces.Cut(message, place)));

                ((byte[])[.. head.AsSpan(unused), .. message, .. kind.Framing.Tail]).Should().Equal(kind.Encode([message]));
            }
        }
    }

    [Fact]
    public void A_message_that_the_framing_cannot_carry_is_refused()
    {
        Refuse(MessageFraming.Lines, "a\nb"u8.ToArray());
        Refuse(MessageFraming.Lines, "a\r"u8.ToArray());
        Refuse(MessageFraming.Delimiter("--"u8), "a--b"u8.ToArray());
        Refuse(MessageFraming.Delimiter("--"u8), "a-"u8.ToArray());
        Refuse(MessageFraming.FixedSize(2), "a"u8.ToArray());
        Refuse(MessageFraming.LengthPrefix(1), new byte[256]);
    }

    [Theory]
    [MemberData(nameof(Kind.Names), MemberType = typeof(Kind))]
    public void Parsing_and_writing_allocate_nothing(string name)
    {
        Kind kind = Kind.Of(name);
        if (kind.Name == "own framing")
        {
            return;
        }

        byte[] message = kind.Fit(Enumerable.Range(0, 32).Select(static value => (byte)('A' + value)).ToArray());
        byte[] bytes = kind.Encode(Enumerable.Repeat(message, 100));
        ReadOnlySequence<byte> pieces = Pieces.Join(Pieces.Cut(message, message.Length / 2));
        ReadOnlySequence<byte> split = Pieces.Join(Pieces.Cut(bytes, bytes.Length / 3, bytes.Length / 2));
        var output = new ArrayBufferWriter<byte>(10 * bytes.Length);
        Work(kind.Framing, bytes, split, message, pieces, output);
        output.ResetWrittenCount();

        long before = GC.GetAllocatedBytesForCurrentThread();
        int count = Work(kind.Framing, bytes, split, message, pieces, output);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.Should().Be(0);
        count.Should().Be(200);
    }

    private static int Work(
        MessageFraming framing,
        byte[] bytes,
        in ReadOnlySequence<byte> split,
        byte[] message,
        in ReadOnlySequence<byte> pieces,
        ArrayBufferWriter<byte> output)
    {
        for (int i = 0; i < 100; i++)
        {
            framing.Write(message.AsSpan(), output);
            framing.Write(pieces, output);
        }

        return Count(framing, new ReadOnlySequence<byte>(bytes)) + Count(framing, split);
    }

    private static int Count(MessageFraming framing, ReadOnlySequence<byte> buffer)
    {
        int count = 0;
        long state = 0;
        while (framing.TryParse(ref buffer, ref state, framing.DefaultMaxMessageSize, out _))
        {
            count++;
            state = 0;
        }

        return count;
    }

    private static void Refuse(MessageFraming framing, byte[] message)
    {
        byte[] head = new byte[framing.ReservedHead];
        for (int place = 0; place <= message.Length; place++)
        {
            Action fill = () => framing.FillHead(head, Pieces.Join(Pieces.Cut(message, place)));

            fill.Should().Throw<ArgumentException>();
        }
    }
}
