using System.Buffers;
using System.Text;
using SocketKit.Framing;

namespace SocketKit.Tests.Framing;

/// <summary>The maximum of a message.</summary>
public sealed class LimitTests
{
    private const int Limit = 20;

    public static TheoryData<string> WithAnyLength =>
        [.. Kind.All.Where(static kind => kind.Name != "fixed size").Select(static kind => kind.Name)];

    [Theory]
    [MemberData(nameof(WithAnyLength))]
    public void A_message_of_exactly_the_maximum_is_received_and_one_byte_more_is_refused_in_every_split(string name)
    {
        Kind kind = Kind.Of(name);
        byte[] good = kind.Encode([Sized(kind, Limit)]);
        byte[] bad = kind.Encode([Sized(kind, Limit + 1)]);
        for (int place = 0; place <= good.Length; place++)
        {
            Receiver receiver = new Receiver(kind.Framing, Limit).ReceiveEach(Pieces.Cut(good, place));
            receiver.Refusal.Should().BeNull();
            receiver.Messages.Should().HaveCount(1);
        }

        for (int place = 0; place <= bad.Length; place++)
        {
            Receiver receiver = new Receiver(kind.Framing, Limit).ReceiveEach(Pieces.Cut(bad, place));
            receiver.Messages.Should().BeEmpty();
            receiver.Refusal!.Limit.Should().Be(Limit);
        }

        new Receiver(kind.Framing, Limit).ReceiveEach(Pieces.Single(bad)).Refusal!.Limit.Should().Be(Limit);
    }

    [Theory]
    [InlineData("1 byte", "15", 21)]
    [InlineData("2 bytes", "0015", 21)]
    [InlineData("4 bytes", "80000000", 2147483648)]
    [InlineData("4 bytes, little-endian", "15000000", 21)]
    [InlineData("8 bytes", "7FFFFFFFFFFFFFFF", long.MaxValue)]
    [InlineData("8 bytes", "FFFFFFFFFFFFFFFF", long.MaxValue)]
    [InlineData("counts itself", "0017", 21)]
    [InlineData("whole frames", "CAFE000010", 21)]
    [InlineData("varint", "15", 21)]
    [InlineData("varint", "FFFFFFFF0F", uint.MaxValue)]
    public void An_announced_length_is_refused_as_soon_as_it_is_known(string name, string head, long announced)
    {
        byte[] bytes = Convert.FromHexString(head);
        var receiver = new Receiver(Kind.Of(name).Framing, Limit);

        receiver.ReceiveEach(Pieces.Single(bytes.AsMemory(0, bytes.Length - 1))).Refusal.Should().BeNull();
        receiver.Receive(bytes.AsMemory(bytes.Length - 1));

        receiver.Refusal!.Announced.Should().Be(announced);
        receiver.Refusal.Limit.Should().Be(Limit);
        receiver.Refusal.Message.Should().Contain($"{Limit} bytes");
    }

    [Theory]
    [InlineData("lines", 0)]
    [InlineData("zero", 0)]
    [InlineData("blank line", 3)]
    public void A_message_without_an_end_is_refused_with_the_first_byte_that_makes_it_too_long(string name, int mayBeDelimiter)
    {
        var receiver = new Receiver(Kind.Of(name).Framing, Limit);

        receiver.ReceiveEach(Pieces.Single(Encoding.ASCII.GetBytes(new string('x', Limit + mayBeDelimiter)))).Refusal.Should().BeNull();
        receiver.Receive("x"u8.ToArray());

        receiver.Refusal!.Limit.Should().Be(Limit);
        receiver.Refusal.Announced.Should().Be(-1);
    }

    [Fact]
    public void A_CR_at_the_end_of_the_longest_line_waits_for_its_LF()
    {
        byte[] line = Encoding.ASCII.GetBytes(new string('x', Limit) + "\r");
        Receiver good = new Receiver(MessageFraming.Lines, Limit).ReceiveEach(Pieces.Single(line));
        Receiver bad = new Receiver(MessageFraming.Lines, Limit).ReceiveEach(Pieces.Single(line));

        good.Receive("\n"u8.ToArray());
        bad.Receive("x"u8.ToArray());

        good.Messages.Should().ContainSingle().Which.Should().HaveCount(Limit);
        bad.Refusal!.Limit.Should().Be(Limit);
    }

    [Fact]
    public void A_fixed_size_above_the_maximum_is_refused_before_a_byte_comes()
    {
        var receiver = new Receiver(MessageFraming.FixedSize(100), 99);

        receiver.Receive(default(ReadOnlyMemory<byte>));

        receiver.Refusal!.Announced.Should().Be(100);
    }

    [Fact]
    public void Every_framing_has_the_documented_maximum()
    {
        MessageFraming.Lines.DefaultMaxMessageSize.Should().Be(8 * 1024);
        MessageFraming.Delimiter("--"u8).DefaultMaxMessageSize.Should().Be(8 * 1024);
        MessageFraming.VarInt.DefaultMaxMessageSize.Should().Be(1024 * 1024);
        MessageFraming.LengthPrefix(1).DefaultMaxMessageSize.Should().Be(1024 * 1024);
        MessageFraming.LengthPrefix(new LengthPrefixOptions()).DefaultMaxMessageSize.Should().Be(1024 * 1024);
        MessageFraming.FixedSize(17).DefaultMaxMessageSize.Should().Be(17);
    }

    [Fact]
    public void Without_a_limit_of_the_caller_the_default_one_counts()
    {
        var buffer = new ReadOnlySequence<byte>(Convert.FromHexString("00100001"));
        long state = 0;

        Action parse = () => _ = MessageFraming.LengthPrefix().TryParse(ref buffer, ref state, out _);

        parse.Should().Throw<FrameException>().Which.Limit.Should().Be(1024 * 1024);
    }

    [Fact]
    public void An_exception_without_lengths_says_so()
    {
        var plain = new FrameException("bad");
        plain.Announced.Should().Be(-1);
        plain.Limit.Should().Be(-1);
        plain.Should().BeAssignableTo<IOException>();
    }

    /// <summary>A message of so many bytes; a framing of a user counts whole frames.</summary>
    private static byte[] Sized(Kind kind, int size) =>
        Enumerable.Range(0, size + 1).Select(count => kind.Fit([.. Enumerable.Repeat((byte)'x', count)]))
            .First(message => (kind.Name == "own framing" ? kind.Encode([message]).Length : message.Length) == size);
}
