using System.Buffers;
using SocketKit.Framing;

namespace SocketKit.Tests.Framing;

/// <summary>Does with a framing what a channel does: keeps what has come, takes the messages off, and stops at the first refusal.</summary>
internal sealed class Receiver(MessageFraming framing, int limit)
{
    private ReadOnlySequence<byte> _buffer;
    private long _state;

    public Receiver(MessageFraming framing)
        : this(framing, framing.DefaultMaxMessageSize)
    {
    }

    public List<byte[]> Messages { get; } = [];

    public FrameException? Refusal { get; private set; }

    /// <summary>What has come and belongs to no message yet.</summary>
    public long Left => _buffer.Length;

    public long State => _state;

    /// <summary>All pieces come at once.</summary>
    public void Receive(params IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        if (Refusal is not null)
        {
            return;
        }

        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            Append(piece);
        }

        try
        {
            while (framing.TryParse(ref _buffer, ref _state, limit, out ReadOnlySequence<byte> message))
            {
                Messages.Add(message.ToArray());
                _state = 0;
            }
        }
        catch (FrameException exception)
        {
            // The result: the caller looks at it.
            Refusal = exception;
        }
    }

    /// <summary>One piece after the other.</summary>
    public Receiver ReceiveEach(IEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        foreach (ReadOnlyMemory<byte> piece in pieces)
        {
            Receive(piece);
        }

        return this;
    }

    private void Append(ReadOnlyMemory<byte> bytes)
    {
        if (_buffer.IsEmpty)
        {
            _buffer = Pieces.Join([bytes]);
            return;
        }

        Piece last = ((Piece)_buffer.End.GetObject()!).Append(bytes);
        _buffer = new ReadOnlySequence<byte>((Piece)_buffer.Start.GetObject()!, _buffer.Start.GetInteger(), last, bytes.Length);
    }
}
