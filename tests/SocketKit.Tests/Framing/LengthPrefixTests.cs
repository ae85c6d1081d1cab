using System.Buffers;
using SocketKit.Framing;

namespace SocketKit.Tests.Framing;

/// <summary>The parameters of a length prefix.</summary>
public sealed class LengthPrefixTests
{
    private const string Hello = "48656C6C6F";

    /// <summary>The examples in the documentation of Netty's LengthFieldBasedFrameDecoder, in its order, with a shorter text.</summary>
    [Theory]
    [InlineData(0, 2, 0, 0, "0005" + Hello, "0005" + Hello)]
    [InlineData(0, 2, 0, 2, "0005" + Hello, Hello)]
    [InlineData(0, 2, -2, 0, "0007" + Hello, "0007" + Hello)]
    [InlineData(2, 3, 0, 0, "CAFE000005" + Hello, "CAFE000005" + Hello)]
    [InlineData(0, 3, 2, 0, "000005CAFE" + Hello, "000005CAFE" + Hello)]
    [InlineData(1, 2, 1, 3, "CA0005FE" + Hello, "FE" + Hello)]
    [InlineData(1, 2, -3, 3, "CA0009FE" + Hello, "FE" + Hello)]
    public void Netty_s_parameters_mean_the_same_bytes(int offset, int size, int adjustment, int strip, string frame, string message)
    {
        byte[] bytes = Convert.FromHexString(frame + frame);
        var options = new LengthPrefixOptions { Offset = offset, Size = size, Adjustment = adjustment, Strip = strip };
        var receiver = new Receiver(MessageFraming.LengthPrefix(options));

        receiver.ReceiveEach(Pieces.Single(bytes));

        receiver.Messages.Select(Convert.ToHexString).Should().Equal(message, message);
    }

    [Theory]
    [InlineData(1, false, "05")]
    [InlineData(2, false, "0005")]
    [InlineData(3, false, "000005")]
    [InlineData(4, false, "00000005")]
    [InlineData(8, false, "0000000000000005")]
    [InlineData(2, true, "0500")]
    [InlineData(3, true, "050000")]
    [InlineData(4, true, "05000000")]
    [InlineData(8, true, "0500000000000000")]
    public void A_prefix_stands_in_front_of_the_message(int size, bool littleEndian, string prefix)
    {
        Written(MessageFraming.LengthPrefix(size, littleEndian), Hello).Should().Be(prefix + Hello);
    }

    [Fact]
    public void The_default_is_four_bytes_in_network_order()
    {
        Written(MessageFraming.LengthPrefix(), Hello).Should().Be("00000005" + Hello);
        Written(MessageFraming.LengthPrefix(new LengthPrefixOptions()), Hello).Should().Be("00000005" + Hello);
    }

    [Theory]
    [InlineData(4, false, 0, "47455420", "1195725856 (these are the bytes \"GET \")")]
    [InlineData(4, true, 0, "47455420", "542393671 (these are the bytes \"GET \")")]
    [InlineData(4, false, 0, "5353482D", "1397966893 (these are the bytes \"SSH-\")")]
    [InlineData(3, false, 0, "474554", "4670804 (these are the bytes \"GET\")")]
    [InlineData(8, false, 0, "474554202F204854", "5135603447292250196 (these are the bytes \"GET / HT\")")]
    [InlineData(4, false, 2, "0000504F5354", "1347375956 (these are the bytes \"POST\")")]
    [InlineData(4, false, 0, "16030100", "369295616 (these bytes begin a TLS handshake)")]
    [InlineData(4, true, 0, "16030100", null)]
    [InlineData(4, true, 0, "16030170", "1879114518 (these bytes begin a TLS handshake)")]
    [InlineData(4, false, 2, "000016030100", "369295616")]
    [InlineData(4, false, 0, "4745540A", "1195725834")]
    [InlineData(4, false, 0, "FFFFFFFF", "4294967295")]
    [InlineData(8, false, 0, "FFFFFFFFFFFFFFFF", "18446744073709551615")]
    public void A_length_that_is_the_beginning_of_another_protocol_is_refused_as_such(
        int size, bool littleEndian, int offset, string bytes, string? says)
    {
        var receiver = new Receiver(
            MessageFraming.LengthPrefix(new LengthPrefixOptions { Size = size, LittleEndian = littleEndian, Offset = offset }));

        receiver.Receive(Convert.FromHexString(bytes));

        receiver.Refusal?.Message.Should().Be(
            $"the peer announced a message that is too long: its length field says {says}; the limit is 1048576 bytes.");
        (receiver.Refusal is null).Should().Be(says is null);
    }

    [Fact]
    public void Without_strip_everything_up_to_the_end_of_the_length_is_taken_off()
    {
        var receiver = new Receiver(MessageFraming.LengthPrefix(new LengthPrefixOptions { Offset = 2, Size = 2 }));

        receiver.Receive(Convert.FromHexString("CAFE0005" + Hello));

        receiver.Messages.Select(Convert.ToHexString).Should().Equal(Hello);
    }

    [Theory]
    [InlineData(-2, "0007")]
    [InlineData(1, "0004")]
    public void An_adjustment_is_taken_into_account_when_sending(int adjustment, string prefix)
    {
        var options = new LengthPrefixOptions { Size = 2, Adjustment = adjustment };

        Written(MessageFraming.LengthPrefix(options), Hello).Should().Be(prefix + Hello);
    }

    [Theory]
    [InlineData(2, 3, 0, "CAFEFFFFFF" + Hello, "CAFE000005" + Hello)]
    [InlineData(0, 2, -2, "0000" + Hello, "0007" + Hello)]
    [InlineData(1, 2, 1, "CA0000FE" + Hello, "CA0005FE" + Hello)]
    [InlineData(1, 1, 0, "CA00", "CA00")]
    public void The_length_in_a_whole_frame_is_filled_in_and_the_caller_s_bytes_stay(
        int offset, int size, int adjustment, string message, string frame)
    {
        var options = new LengthPrefixOptions { Offset = offset, Size = size, Adjustment = adjustment, Strip = 0 };
        byte[] bytes = Convert.FromHexString(message);
        var output = new ArrayBufferWriter<byte>();

        MessageFraming.LengthPrefix(options).Write(new ReadOnlySequence<byte>(bytes), output);

        Convert.ToHexString(output.WrittenSpan).Should().Be(frame);
        Convert.ToHexString(bytes).Should().Be(message);
    }

    [Theory]
    [InlineData(2, 2, null)]
    [InlineData(2, 2, 4)]
    [InlineData(1, 2, 1)]
    [InlineData(0, 2, 1)]
    [InlineData(0, 2, 3)]
    public void A_head_that_was_taken_off_cannot_be_sent(int offset, int size, int? strip)
    {
        MessageFraming framing = MessageFraming.LengthPrefix(new LengthPrefixOptions { Offset = offset, Size = size, Strip = strip });

        Refused<NotSupportedException>(framing, new byte[20]).Message.Should().Contain("only receives");
    }

    [Theory]
    [InlineData(1, 256)]
    [InlineData(2, 65_536)]
    [InlineData(3, 16_777_216)]
    public void A_length_that_its_prefix_cannot_hold_is_refused(int size, int length)
    {
        MessageFraming framing = MessageFraming.LengthPrefix(size);

        Refused<ArgumentException>(framing, new byte[length]).ParamName.Should().Be("message");
        Written(framing, Convert.ToHexString(new byte[length - 1])).Should().StartWith(new string('F', 2 * size) + "00");
    }

    [Fact]
    public void A_negative_length_is_refused()
    {
        MessageFraming framing = MessageFraming.LengthPrefix(new LengthPrefixOptions { Size = 2, Adjustment = 6 });

        Refused<ArgumentException>(framing, new byte[5]);
        Written(framing, Convert.ToHexString(new byte[6])).Should().StartWith("0000");
    }

    [Fact]
    public void A_whole_frame_without_room_for_its_head_is_refused()
    {
        MessageFraming framing = MessageFraming.LengthPrefix(new LengthPrefixOptions { Offset = 2, Size = 2, Strip = 0 });

        Refused<ArgumentException>(framing, new byte[3]);
        Written(framing, "CAFE0000").Should().Be("CAFE0000");
    }

    [Theory]
    [InlineData(-5, "0004")]
    [InlineData(-3, "0000")]
    public void A_length_that_does_not_cover_what_it_counts_is_refused_at_once(int adjustment, string head)
    {
        var options = new LengthPrefixOptions { Size = 2, Adjustment = adjustment };
        var receiver = new Receiver(MessageFraming.LengthPrefix(options));

        receiver.Receive(Convert.FromHexString(head));

        receiver.Refusal!.Message.Should().Contain("shorter than its head");
    }

    [Fact]
    public void A_frame_shorter_than_what_is_taken_off_is_refused_at_once()
    {
        var receiver = new Receiver(MessageFraming.LengthPrefix(new LengthPrefixOptions { Size = 2, Strip = 8 }));

        receiver.Receive(Convert.FromHexString("0005"));

        receiver.Refusal.Should().NotBeNull();
    }

    [Theory]
    [InlineData("FFFFFFFFFFFFFFFF", 0)]
    [InlineData("8000000000000000", 0)]
    [InlineData("7FFFFFFFFFFFFFFF", 0)]
    [InlineData("7FFFFFFFFFFFFFFF", int.MaxValue)]
    [InlineData("FFFFFFFFFFFFFFFF", int.MinValue)]
    [InlineData("8000000000000000", int.MinValue)]
    [InlineData("7FFFFFFFFFFFFFF0", 16)]
    [InlineData("0000000000000000", int.MinValue)]
    public void A_length_of_eight_bytes_never_overflows(string head, int adjustment)
    {
        foreach (int limit in (int[])[0, 1000, int.MaxValue])
        {
            foreach (int? strip in (int?[])[null, 0, int.MaxValue])
            {
                var options = new LengthPrefixOptions { Size = 8, Adjustment = adjustment, Strip = strip };
                var receiver = new Receiver(MessageFraming.LengthPrefix(options), limit);

                receiver.Receive(Convert.FromHexString(head));

                receiver.Refusal.Should().NotBeNull("adjustment {0}, limit {1}, strip {2}", adjustment, limit, strip);
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(9)]
    [InlineData(-1)]
    public void A_size_that_no_number_has_is_refused(int size)
    {
        ((Action)(() => MessageFraming.LengthPrefix(size))).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("Size");
    }

    [Fact]
    public void Negative_parameters_are_refused_by_name()
    {
        ((Action)(() => MessageFraming.LengthPrefix(new LengthPrefixOptions { Offset = -1 })))
            .Should().Throw<ArgumentOutOfRangeException>().WithParameterName("Offset");
        ((Action)(() => MessageFraming.LengthPrefix(new LengthPrefixOptions { Strip = -1 })))
            .Should().Throw<ArgumentOutOfRangeException>().WithParameterName("Strip");
        ((Action)(() => MessageFraming.LengthPrefix(null!))).Should().Throw<ArgumentNullException>().WithParameterName("options");
    }

    [Fact]
    public void Options_that_change_later_change_no_framing()
    {
        var options = new LengthPrefixOptions { Size = 2 };
        MessageFraming framing = MessageFraming.LengthPrefix(options);
        options.Size = 8;

        Written(framing, Hello).Should().Be("0005" + Hello);
    }

    private static string Written(MessageFraming framing, string message)
    {
        var output = new ArrayBufferWriter<byte>();
        framing.Write(new ReadOnlySequence<byte>(Convert.FromHexString(message)), output);
        return Convert.ToHexString(output.WrittenSpan);
    }

    private static TException Refused<TException>(MessageFraming framing, byte[] message)
        where TException : Exception => RefusalTests.Refused<TException>(framing, message);
}
