using System.Buffers;
using SocketKit.Framing;

namespace SocketKit.Tests.Framing;

/// <summary>A framing that a user derives: the limit is held for it, and it may be wrong.</summary>
public sealed class OwnFramingTests
{
    [Fact]
    public void The_maximum_counts_whole_frames_in_every_split()
    {
        byte[] bytes = "16:0123456789abcdef,"u8.ToArray();
        for (int place = 0; place <= bytes.Length; place++)
        {
            new Receiver(new NetString(), bytes.Length).ReceiveEach(Pieces.Cut(bytes, place)).Messages.Should().HaveCount(1);

            Receiver refused = new Receiver(new NetString(), bytes.Length - 1).ReceiveEach(Pieces.Cut(bytes, place));
            refused.Messages.Should().BeEmpty();
            refused.Refusal!.Limit.Should().Be(bytes.Length - 1);
        }
    }

    [Fact]
    public void A_buffer_above_the_maximum_in_which_it_finds_no_message_is_refused()
    {
        var receiver = new Receiver(new Never(), 10);

        receiver.Receive(new byte[10]);
        receiver.Refusal.Should().BeNull();
        receiver.Receive(new byte[1]);

        receiver.Refusal!.Limit.Should().Be(10);
        receiver.Refusal.Announced.Should().Be(-1);
    }

    [Fact]
    public void Its_state_comes_back_for_the_same_message_and_begins_at_zero_for_the_next()
    {
        var framing = new Counted();
        var receiver = new Receiver(framing, 100);

        receiver.ReceiveEach(Pieces.Single("abcdef"u8.ToArray()));

        receiver.Messages.Should().HaveCount(2);
        framing.States.Should().Equal(0, 1, 2, 0, 0, 1, 2, 0);
    }

    [Fact]
    public void Memory_of_the_caller_reaches_it_as_a_sequence()
    {
        var output = new ArrayBufferWriter<byte>();

        new NetString().Write("hello"u8, output);

        output.WrittenSpan.SequenceEqual("5:hello,"u8).Should().BeTrue();
    }

    private sealed class Never : MessageFraming
    {
        public override int DefaultMaxMessageSize => 10;

        protected internal override bool TryParse(
            ref ReadOnlySequence<byte> buffer, ref long state, out ReadOnlySequence<byte> message)
        {
            message = default;
            return false;
        }

        protected internal override void Write(ReadOnlySequence<byte> message, IBufferWriter<byte> output) =>
            throw new NotSupportedException();
    }

    /// <summary>Three bytes are a message; it notes with which state it is called.</summary>
    private sealed class Counted : MessageFraming
    {
        public List<long> States { get; } = [];

        public override int DefaultMaxMessageSize => 10;

        protected internal override bool TryParse(
            ref ReadOnlySequence<byte> buffer, ref long state, out ReadOnlySequence<byte> message)
        {
            States.Add(state);
            state = buffer.Length;
            message = default;
            if (buffer.Length < 3)
            {
                return false;
            }

            message = buffer.Slice(0, 3);
            buffer = buffer.Slice(3);
            return true;
        }

        protected internal override void Write(ReadOnlySequence<byte> message, IBufferWriter<byte> output) =>
            throw new NotSupportedException();
    }
}
