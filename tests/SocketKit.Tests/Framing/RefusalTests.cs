using System.Buffers;
using System.Text;
using SocketKit.Framing;

namespace SocketKit.Tests.Framing;

/// <summary>Messages that a framing cannot carry: refused before a byte is written.</summary>
public sealed class RefusalTests
{
    [Theory]
    [InlineData("\n")]
    [InlineData("one\ntwo")]
    [InlineData("one\n")]
    [InlineData("one\r\n")]
    [InlineData("\r")]
    [InlineData("one\r")]
    public void A_line_with_an_end_inside_is_refused(string line) => Check(MessageFraming.Lines, line);

    [Theory]
    [InlineData("--", "a--b")]
    [InlineData("--", "--")]
    [InlineData("--", "a-")]
    [InlineData("--", "-")]
    [InlineData("abab", "xab")]
    [InlineData("abab", "ab")]
    [InlineData("abcab", "xabc")]
    [InlineData("aaaa", "xa")]
    [InlineData("aaaa", "aaa")]
    [InlineData("\0", "a\0b")]
    public void A_message_in_which_the_delimiter_begins_too_early_is_refused(string delimiter, string message) =>
        Check(MessageFraming.Delimiter(Encoding.ASCII.GetBytes(delimiter)), message);

    [Theory]
    [InlineData("--", "a-b")]
    [InlineData("abab", "xaba")]
    [InlineData("abab", "ba")]
    [InlineData("abcab", "xab")]
    [InlineData("\r\n", "a\r")]
    [InlineData("\r\n", "a\n")]
    [InlineData("ab", "")]
    public void A_message_in_which_it_does_not_is_carried(string delimiter, string message)
    {
        MessageFraming framing = MessageFraming.Delimiter(Encoding.ASCII.GetBytes(delimiter));
        var output = new ArrayBufferWriter<byte>();
        framing.Write(Encoding.ASCII.GetBytes(message).AsSpan(), output);
        var receiver = new Receiver(framing);
        receiver.Receive(output.WrittenMemory);

        receiver.Messages.Select(Encoding.ASCII.GetString).Should().Equal(message);
    }

    /// <summary>All messages of up to seven letters, all delimiters of up to four, of two different letters.</summary>
    [Fact]
    public void Exactly_those_messages_are_refused_that_would_come_out_otherwise()
    {
        foreach (byte[] delimiter in Words(4).Where(static word => word.Length > 0))
        {
            MessageFraming framing = MessageFraming.Delimiter(delimiter);
            foreach (byte[] message in Words(7))
            {
                var receiver = new Receiver(framing);
                receiver.Receive((byte[])[.. message, .. delimiter]);
                bool comesOut = receiver.Messages is [byte[] only] && only.AsSpan().SequenceEqual(message) && receiver.Left == 0;

                IsCarried(framing, message).Should().Be(comesOut, "'{0}' with '{1}'", Show(message), Show(delimiter));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_message_of_another_size_is_refused(int size) => Check(MessageFraming.FixedSize(4), new string('x', size));

    [Fact]
    public void Parameters_that_make_no_framing_are_refused_by_name()
    {
        ((Action)(() => MessageFraming.FixedSize(0))).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("size");
        ((Action)(() => MessageFraming.FixedSize(-1))).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("size");
        ((Action)(() => MessageFraming.Delimiter([]))).Should().Throw<ArgumentException>().WithParameterName("delimiter");
    }

    internal static TException Refused<TException>(MessageFraming framing, byte[] message)
        where TException : Exception
    {
        foreach (ReadOnlySequence<byte> sequence in (ReadOnlySequence<byte>[])
            [new(message), Pieces.Join(Pieces.Cut(message, message.Length / 2))])
        {
            var output = new ArrayBufferWriter<byte>();
            ((Action)(() => framing.Write(sequence, output))).Should().Throw<TException>();
            output.WrittenCount.Should().Be(0, "nothing is written before the refusal");
        }

        var span = new ArrayBufferWriter<byte>();
        TException thrown = ((Action)(() => framing.Write(message.AsSpan(), span))).Should().Throw<TException>().Which;
        span.WrittenCount.Should().Be(0, "nothing is written before the refusal");
        return thrown;
    }

    private static void Check(MessageFraming framing, string message) =>
        Refused<ArgumentException>(framing, Encoding.ASCII.GetBytes(message)).ParamName.Should().Be("message");

    private static bool IsCarried(MessageFraming framing, byte[] message)
    {
        bool[] answers =
        [
            Try(() => framing.Write(message.AsSpan(), new ArrayBufferWriter<byte>())),
            Try(() => framing.Write(Pieces.Join(Pieces.Single(message)), new ArrayBufferWriter<byte>())),
        ];
        return answers.Distinct().Should().ContainSingle("pieces change nothing").Which;
    }

    private static bool Try(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (ArgumentException)
        {
            // The answer.
            return false;
        }
    }

    private static IEnumerable<byte[]> Words(int longest) =>
        from length in Enumerable.Range(0, longest + 1)
        from bits in Enumerable.Range(0, 1 << length)
        select Enumerable.Range(0, length).Select(place => (byte)((bits >> place & 1) == 0 ? 'a' : 'b')).ToArray();

    private static string Show(byte[] word) => Encoding.ASCII.GetString(word);
}
