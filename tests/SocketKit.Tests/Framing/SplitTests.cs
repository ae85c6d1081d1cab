using System.Buffers;
using SocketKit.Framing;
using SocketKit.Tests.Schedules;

namespace SocketKit.Tests.Framing;

/// <summary>In which pieces bytes come, and in which pieces of memory they lie, changes no message.</summary>
public sealed class SplitTests
{
    [Theory]
    [MemberData(nameof(Kind.Names), MemberType = typeof(Kind))]
    public void Every_split_in_two_gives_the_same_messages(string name)
    {
        Kind kind = Kind.Of(name);
        byte[][] messages = kind.Messages();
        byte[] bytes = kind.Encode(messages);

        for (int place = 0; place <= bytes.Length; place++)
        {
            var apart = new Receiver(kind.Framing);
            apart.Receive(bytes.AsMemory(0, place));
            apart.Receive(bytes.AsMemory(place));
            Check(apart, messages, place);

            var together = new Receiver(kind.Framing);
            together.Receive(Pieces.Cut(bytes, place));
            Check(together, messages, place);
        }
    }

    [Theory]
    [MemberData(nameof(Kind.Names), MemberType = typeof(Kind))]
    public void Every_split_in_three_of_two_messages_gives_the_same_messages(string name)
    {
        Kind kind = Kind.Of(name);
        byte[][] messages = [kind.Fit("first"u8.ToArray()), kind.Fit("2nd"u8.ToArray())];
        byte[] bytes = kind.Encode(messages);

        for (int first = 0; first <= bytes.Length; first++)
        {
            for (int second = first; second <= bytes.Length; second++)
            {
                Check(new Receiver(kind.Framing).ReceiveEach(Pieces.Cut(bytes, first, second)), messages, first);
                var together = new Receiver(kind.Framing);
                together.Receive(Pieces.Cut(bytes, first, second));
                Check(together, messages, first);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kind.Names), MemberType = typeof(Kind))]
    public void Single_bytes_give_the_same_messages(string name)
    {
        Kind kind = Kind.Of(name);
        byte[][] messages = kind.Messages();
        byte[] bytes = kind.Encode(messages);

        Check(new Receiver(kind.Framing).ReceiveEach(Pieces.Single(bytes)), messages, 1);
        var together = new Receiver(kind.Framing);
        together.Receive(Pieces.Single(bytes));
        Check(together, messages, 1);
    }

    [Theory]
    [MemberData(nameof(Kind.Names), MemberType = typeof(Kind))]
    public void Empty_pieces_change_nothing(string name)
    {
        Kind kind = Kind.Of(name);
        byte[][] messages = kind.Messages();
        byte[] bytes = kind.Encode(messages);
        ReadOnlyMemory<byte>[] pieces = [.. Pieces.Single(bytes).SelectMany(static piece => new[] { default, piece, default })];

        Check(new Receiver(kind.Framing).ReceiveEach(pieces), messages, 0);
        var together = new Receiver(kind.Framing);
        together.Receive(pieces);
        Check(together, messages, 0);
    }

    [Theory]
    [MemberData(nameof(Kind.Names), MemberType = typeof(Kind))]
    public void What_is_written_is_received_again(string name)
    {
        Kind kind = Kind.Of(name);
        for (ulong seed = 1; seed <= 1000; seed++)
        {
            var random = new SeededRandom(seed);
            byte[][] messages = [.. Enumerable.Range(0, random.Below(6)).Select(_ => kind.Message(random))];
            byte[] bytes = kind.Encode(messages);
            int place = random.Below(bytes.Length + 1);

            Check(new Receiver(kind.Framing).ReceiveEach(Pieces.Cut(bytes, place)), messages, (int)seed);
        }
    }

    [Theory]
    [MemberData(nameof(Kind.Names), MemberType = typeof(Kind))]
    public void A_message_in_pieces_is_written_as_the_same_bytes(string name)
    {
        Kind kind = Kind.Of(name);
        foreach (byte[] message in kind.Messages())
        {
            byte[] whole = kind.Encode(message);
            for (int place = 0; place <= message.Length; place++)
            {
                var output = new ArrayBufferWriter<byte>();
                kind.Framing.Write(Pieces.Join(Pieces.Cut(message, place)), output);
                output.WrittenSpan.ToArray().Should().Equal(whole);
            }

            var single = new ArrayBufferWriter<byte>();
            kind.Framing.Write(Pieces.Join(Pieces.Single(message)), single);
            single.WrittenSpan.ToArray().Should().Equal(whole);
            var span = new ArrayBufferWriter<byte>();
            kind.Framing.Write(message.AsSpan(), span);
            span.WrittenSpan.ToArray().Should().Equal(whole);
        }
    }

    [Theory]
    [MemberData(nameof(Kind.Names), MemberType = typeof(Kind))]
    public void Half_a_message_stays_in_the_buffer(string name)
    {
        Kind kind = Kind.Of(name);
        byte[] bytes = kind.Encode(kind.Fit("half"u8.ToArray()));
        for (int count = 0; count < bytes.Length; count++)
        {
            var buffer = new ReadOnlySequence<byte>(bytes, 0, count);
            long state = 0;

            kind.Framing.TryParse(ref buffer, ref state, out ReadOnlySequence<byte> message).Should().BeFalse();
            buffer.Length.Should().Be(count);
            message.IsEmpty.Should().BeTrue();
        }
    }

    [Theory]
    [MemberData(nameof(Kind.Names), MemberType = typeof(Kind))]
    public void A_message_in_one_piece_is_found_without_a_sequence_as_soon_as_it_is_whole(string name)
    {
        Kind kind = Kind.Of(name);
        int limit = kind.Framing.DefaultMaxMessageSize;
        foreach (byte[] message in kind.Messages())
        {
            byte[] bytes = [.. kind.Encode([message]), .. "more"u8];
            for (int count = 0; count <= bytes.Length; count++)
            {
                bool isWhole = count >= bytes.Length - 4 && name != "own framing";
                kind.Framing.TryFind(bytes.AsSpan(0, count), 0, limit, out Frame frame).Should().Be(isWhole);
                if (isWhole)
                {
                    frame.Size.Should().Be(bytes.Length - 4);
                    bytes.AsSpan((int)frame.Head, (int)frame.Length).SequenceEqual(message).Should().BeTrue();
                }
            }
        }
    }

    private static void Check(Receiver receiver, byte[][] messages, int place)
    {
        receiver.Refusal.Should().BeNull("split {0}", place);
        receiver.Left.Should().Be(0, "split {0}", place);
        receiver.Messages.Count.Should().Be(messages.Length, "split {0}", place);
        for (int i = 0; i < messages.Length; i++)
        {
            receiver.Messages[i].AsSpan().SequenceEqual(messages[i]).Should().BeTrue("message {0}, split {1}", i, place);
        }
    }
}
