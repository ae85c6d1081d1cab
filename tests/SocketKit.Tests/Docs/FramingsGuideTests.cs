using System.Buffers;
using System.Buffers.Binary;
using SocketKit.Framing;
using SocketKit.Tests.Framing;

namespace SocketKit.Tests.Docs;

/// <summary>The code and the tables of samples/guide/framings.md, run.</summary>
public sealed class FramingsGuideTests
{
    private static readonly byte[] s_hello = "hello"u8.ToArray();

    [Fact]
    public void The_framings_write_the_bytes_of_the_table()
    {
        MessageFraming[] framings = FramingsSnippets.Choose();

        framings[..5].Select(static framing => Convert.ToHexString(Written(framing, s_hello))).Should().Equal(
            "68656C6C6F0A", "0000000568656C6C6F", "050068656C6C6F", "0568656C6C6F", "68656C6C6F0D0A0D0A");
        framings.Select(static framing => framing.DefaultMaxMessageSize / 1024.0).Should().Equal(8, 1024, 1024, 1024, 8, 0.5);
        Written(MessageFraming.FixedSize(5), s_hello).Should().Equal(s_hello);
        Written(MessageFraming.VarInt, new byte[300])[..2].Should().Equal(0xAC, 0x02);
    }

    [Fact]
    public void A_line_that_has_arrived_may_end_with_CR_and_is_sent_without()
    {
        byte[] line = Received(MessageFraming.Lines, "b\r\r\n"u8.ToArray());

        line.Should().Equal("b\r"u8.ToArray());
        ((Action)(() => Written(MessageFraming.Lines, line))).Should().Throw<ArgumentException>();
        Written(MessageFraming.Lines, FramingsSnippets.Trim(new ReadOnlySequence<byte>(line))).Should().Equal("b\n"u8.ToArray());
    }

    [Fact]
    public void People_who_type_have_a_time_for_a_line_and_no_rate()
    {
        MessageOptions typed = FramingsSnippets.ForPeople();

        typed.MinimumRate.Should().Be(0);
        typed.MessageTimeout.Should().Be(TimeSpan.FromMinutes(5));
    }

    [Fact]
    public void The_size_of_a_whole_frame_is_filled_in()
    {
        byte[] frame = Written(FramingsSnippets.WithType(), [0xCA, 0xFE, 0, 0, 0, .. s_hello]);

        Convert.ToHexString(frame).Should().Be("CAFE00000A68656C6C6F");
        Received(FramingsSnippets.WithType(), frame).Should().Equal(frame);
    }

    [Theory]
    [InlineData("000568656C6C6F", 0, 2, 0, null, "68656C6C6F")]
    [InlineData("000568656C6C6F", 0, 2, 0, 0, "000568656C6C6F")]
    [InlineData("000768656C6C6F", 0, 2, -2, null, "68656C6C6F")]
    [InlineData("CAFE00000568656C6C6F", 2, 3, 0, null, "68656C6C6F")]
    [InlineData("000005CAFE68656C6C6F", 0, 3, 2, null, "CAFE68656C6C6F")]
    [InlineData("CA0005FE68656C6C6F", 1, 2, 1, 3, "FE68656C6C6F")]
    [InlineData("CA0009FE68656C6C6F", 1, 2, -3, 4, "68656C6C6F")]
    public void The_table_of_frames_is_right(string frame, int offset, int size, int adjustment, int? strip, string message)
    {
        var options = new LengthPrefixOptions { Offset = offset, Size = size, Adjustment = adjustment, Strip = strip };

        Convert.ToHexString(Received(MessageFraming.LengthPrefix(options), Convert.FromHexString(frame))).Should().Be(message);
    }

    [Fact]
    public void The_own_framing_works_in_every_split_and_refuses_what_it_should()
    {
        var framing = new FramingsSnippets.StxEtx();
        byte[] bytes = [.. Written(framing, s_hello), .. Written(framing, [])];
        for (int place = 0; place <= bytes.Length; place++)
        {
            Receiver receiver = new Receiver(framing).ReceiveEach(Pieces.Cut(bytes, place));

            receiver.Messages.Should().HaveCount(2);
            receiver.Messages[0].Should().Equal(s_hello);
        }

        var refused = new Receiver(framing);
        refused.Receive("x"u8.ToArray());
        refused.Refusal!.Message.Should().Contain("0x78");
        ((Action)(() => Written(framing, [3]))).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void A_refusal_is_explained()
    {
        FramingsSnippets.Explain(Refusal(MessageFraming.LengthPrefix(), "GET / HTTP/1.1\r\n"u8.ToArray()))
            .Should().Be($"a message of {0x47455420} bytes, where 1048576 are the limit");
        FramingsSnippets.Explain(Refusal(MessageFraming.Lines, new byte[9000]))
            .Should().Be("more than 8192 bytes without the end of a message");
        FramingsSnippets.Explain(Refusal(MessageFraming.VarInt, [0x80, 0])).Should().Contain("more bytes than it needs");
        BinaryPrimitives.ReadInt32BigEndian("GET "u8).Should().Be(1_195_725_856);
    }

    private static FrameException Refusal(MessageFraming framing, byte[] bytes)
    {
        var receiver = new Receiver(framing);
        receiver.Receive(bytes);
        return receiver.Refusal!;
    }

    private static byte[] Written(MessageFraming framing, byte[] message)
    {
        var output = new ArrayBufferWriter<byte>();
        framing.Write(new ReadOnlySequence<byte>(message), output);
        return output.WrittenSpan.ToArray();
    }

    private static byte[] Received(MessageFraming framing, byte[] bytes)
    {
        var receiver = new Receiver(framing);
        receiver.Receive(bytes);
        return receiver.Messages.Should().ContainSingle().Which;
    }
}
