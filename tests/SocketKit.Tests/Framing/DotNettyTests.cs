using System.Globalization;
using DotNetty.Buffers;
using DotNetty.Codecs;
using DotNetty.Transport.Channels.Embedded;
using SocketKit.Framing;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Framing;

/// <summary>Beside the length-field codecs of DotNetty: the same parameters, the same bytes, the same frames, the same refusals.</summary>
public sealed class DotNettyTests
{
    private const int Cases = 20_000;

    [Fact]
    public void The_same_frames_and_refusals_for_random_parameters_and_bytes()
    {
        int refused = 0;
        int frames = 0;
        for (ulong seed = 1; seed <= Cases; seed++)
        {
            var random = new SeededRandom(seed);
            LengthPrefixOptions options = LengthPrefixes.Random(random);
            int head = options.Offset + options.Size;
            int strip = options.Strip ?? head;
            int most = Math.Max(head, strip) + random.Below(64);
            // Zeros let each frame end that has begun: where too much is taken off, DotNetty refuses a frame only when it is whole.
            byte[] bytes = [.. LengthPrefixes.Frames(options, random), .. new byte[2 * (most + head)]];
            var ours = new Receiver(MessageFraming.LengthPrefix(options), most - strip);
            ours.Receive(bytes);

            (List<byte[]> messages, bool isRefused) = Decode(options, most, bytes);

            string where = string.Create(
                CultureInfo.InvariantCulture, $"seed {seed}: {LengthPrefixes.Show(options)}, at most {most}: {Convert.ToHexString(bytes)}");
            ours.Messages.Select(Convert.ToHexString).Should().Equal(messages.Select(Convert.ToHexString), where);
            (ours.Refusal is not null).Should().Be(isRefused, where);
            refused += isRefused ? 1 : 0;
            frames += messages.Count;
        }

        refused.Should().BeGreaterThan(Cases / 10);
        frames.Should().BeGreaterThan(Cases);
    }

    [Fact]
    public void The_same_bytes_are_sent_for_random_parameters()
    {
        for (ulong seed = 1; seed <= 2_000; seed++)
        {
            var random = new SeededRandom(seed);
            LengthPrefixOptions options = LengthPrefixes.Random(random);
            options.Offset = 0;
            options.Strip = null;
            byte[] message = Kind.Bytes(random, 10 + random.Below(100));

            byte[] theirs = Encode(options, message);

            var output = new System.Buffers.ArrayBufferWriter<byte>();
            MessageFraming.LengthPrefix(options).Write(message.AsSpan(), output);
            Convert.ToHexString(output.WrittenSpan).Should().Be(Convert.ToHexString(theirs), "seed {0}", seed);
        }
    }

    private static (List<byte[]> Messages, bool IsRefused) Decode(LengthPrefixOptions options, int most, byte[] bytes)
    {
        int strip = options.Strip ?? (options.Offset + options.Size);
        var decoder = new LengthFieldBasedFrameDecoder(
            Order(options), most, options.Offset, options.Size, options.Adjustment, strip, failFast: true);
        var channel = new EmbeddedChannel(decoder);
        bool isRefused = false;
        try
        {
            channel.WriteInbound(Unpooled.WrappedBuffer(bytes));
        }
        catch (DecoderException)
        {
            // The answer: a frame that is too long or corrupted.
            isRefused = true;
        }

        var messages = new List<byte[]>();
        while (channel.ReadInbound<IByteBuffer>() is { } frame)
        {
            messages.Add(Bytes(frame));
        }

        return (messages, isRefused);
    }

    private static byte[] Encode(LengthPrefixOptions options, byte[] message)
    {
        // Its adjustment is what is added when sending.
        var channel = new EmbeddedChannel(new LengthFieldPrepender(Order(options), options.Size, -options.Adjustment, false));
        channel.WriteOutbound(Unpooled.WrappedBuffer(message));
        var bytes = new List<byte>();
        while (channel.ReadOutbound<IByteBuffer>() is { } piece)
        {
            bytes.AddRange(Bytes(piece));
        }

        return [.. bytes];
    }

    private static ByteOrder Order(LengthPrefixOptions options) => options.LittleEndian ? ByteOrder.LittleEndian : ByteOrder.BigEndian;

    private static byte[] Bytes(IByteBuffer buffer)
    {
        byte[] bytes = new byte[buffer.ReadableBytes];
        buffer.ReadBytes(bytes);
        buffer.Release();
        return bytes;
    }
}
