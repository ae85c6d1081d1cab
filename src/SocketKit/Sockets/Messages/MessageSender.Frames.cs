using System.Buffers;
using SocketKit.Engine;

namespace SocketKit.Sockets.Messages;

/// <summary>
/// Frames that are written before their call takes its turn: in place, from a text, by a framing of the user's own, or blocking.
/// </summary>
internal sealed partial class MessageSender
{
    /// <summary>Lets the caller write a message in place, and fills in what stands in front of it.</summary>
    public OutgoingMessage Frame<TState>(TState state, Action<IBufferWriter<byte>, TState> write)
    {
        OutgoingMessage call = RentFramed();
        try
        {
            if (_head < 0)
            {
                WriteApart(call, state, write);
                return call;
            }

            Memory<byte> head = call.GetMemory(Math.Max(_head, 1))[.._head];
            call.Advance(_head);
            write(call, state);
            ReadOnlySequence<byte> message = call.Sequence;
            message = message.IsEmpty ? message : message.Slice(_head);
            CheckLength(message.Length);
            int unused = _framing.FillHead(head.Span, message);
            call.Write(_framing.Tail);
            call.Consume(unused);
            return call;
        }
        catch
        {
            // The user's code threw, or the framing cannot carry the message: nothing is sent.
            Recycle(call);
            throw;
        }
    }

    /// <summary>Sends on this thread, and waits there until the kernel has the message.</summary>
    public void Send(ReadOnlySpan<byte> message)
    {
        CheckLength(message.Length);
        OutgoingMessage call = Frame(message);
        bool mayWait = _connection.SendTimeout != TimeSpan.Zero;
        bool begins;
        lock (Gate)
        {
            Exception? fault = TakeFault();
            begins = fault is null && TryBegin();
            if (!begins && fault is null && !mayWait)
            {
                fault = FaultOf(IoResult.Ended(ChannelStatus.WouldBlock));
            }

            if (fault is not null)
            {
                Recycle(call);
                throw fault;
            }

            if (!begins)
            {
                Enqueue(call, CancellationToken.None);
            }
        }

        if (begins && !TrySendBegun(call, mayWait))
        {
            return;
        }

        call.Block();
    }

    /// <summary>As the other one, for memory that the caller takes back when the call returns.</summary>
    private OutgoingMessage Frame(ReadOnlySpan<byte> message)
    {
        OutgoingMessage call = RentFramed();
        try
        {
            _framing.Write(message, call);
            CheckFrame(call);
            return call;
        }
        catch
        {
            // The framing cannot carry the message: nothing is sent.
            Recycle(call);
            throw;
        }
    }

    private OutgoingMessage Frame(in ReadOnlySequence<byte> message)
    {
        OutgoingMessage call = RentFramed();
        try
        {
            _framing.Write(message, call);
            CheckFrame(call);
            return call;
        }
        catch
        {
            // The framing cannot carry the message: nothing is sent.
            Recycle(call);
            throw;
        }
    }

    /// <summary>A framing of the user's own counts its frames whole, as it does when it receives.</summary>
    private void CheckFrame(OutgoingMessage frame)
    {
        if (_head < 0)
        {
            CheckLength(frame.Length);
        }
    }

    /// <summary>A framing of the user's own gets the message whole.</summary>
    private void WriteApart<TState>(OutgoingMessage call, TState state, Action<IBufferWriter<byte>, TState> write)
    {
        OutgoingMessage message = RentFramed();
        try
        {
            write(message, state);
            CheckLength(message.Length);
            _framing.Write(message.Sequence, call);
            CheckFrame(call);
        }
        finally
        {
            Recycle(message);
        }
    }

    private OutgoingMessage RentFramed()
    {
        lock (Gate)
        {
            OutgoingMessage call = Rent();
            call.Kind = OutgoingKind.Framed;
            return call;
        }
    }

    /// <summary>Sends by the thread that has begun. False: the call is over, and was recycled. True: it is to be waited for.</summary>
    private bool TrySendBegun(OutgoingMessage call, bool mayWait)
    {
        long start = _position + _sending.Length;
        _sending.Take(call);
        IoResult outcome = Attempt();
        if (_sending.IsEmpty)
        {
            Release();
            Recycle(call);
            return false;
        }

        bool isRefused = !mayWait && outcome.Status == ChannelStatus.WouldBlock && _position <= start;
        bool isLeft = !mayWait && !isRefused && outcome.Status == ChannelStatus.WouldBlock;
        lock (Gate)
        {
            if (isRefused)
            {
                // Nothing of it went, and it must not wait. Copied messages in front of it may.
                _sending.Truncate(start - _position);
                outcome = _sending.IsEmpty ? default : outcome;
            }
            else if (isLeft)
            {
                // Its beginning went, so the rest follows as soon as there is room.
                LeaveAsRun();
            }
            else
            {
                Keep(call, start);
                Stage(call, start, CancellationToken.None);
            }
        }

        Drive(outcome, isInCall: true);
        if (isRefused || isLeft)
        {
            Recycle(call);
        }

        return isRefused ? throw FaultOf(IoResult.Ended(ChannelStatus.WouldBlock)) : !isLeft;
    }

    /// <summary>
    /// A message that stands behind copied ones may have to leave its place and come back, so it keeps its bytes. The caller holds the
    /// gate.
    /// </summary>
    private void Keep(OutgoingMessage call, long start)
    {
        if (_position < start)
        {
            foreach (ReadOnlyMemory<byte> piece in _sending.Sequence.Slice(start - _position))
            {
                call.Write(piece.Span);
            }
        }
    }
}
