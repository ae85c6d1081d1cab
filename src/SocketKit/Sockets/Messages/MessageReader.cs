using System.Buffers;
using System.Globalization;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Sockets.Pipes;

namespace SocketKit.Sockets.Messages;

/// <summary>
/// Receives messages. A receive that finds no whole message receives bytes into a segment that is lent when something is there. While a
/// receive is under way the segments belong to the thread that runs it; the message that was handed out last keeps its bytes until then.
/// </summary>
internal sealed partial class MessageReader : IMemoryLender
{
    /// <summary>How many messages are handed out without a wait before other connections get their turn.</summary>
    private const int MostPerTurn = 256;

    /// <summary>Has what belongs to both directions, so that an idle connection pays for it once.</summary>
    private readonly MessageChannel _channel;
    private ReceivedBytes _bytes = new();

    /// <summary>How many bytes the message that was handed out last takes up. They are consumed by the next receive.</summary>
    private long _taken;
    private long _state;
    private int _empties;

    /// <summary>How many messages were handed out without a wait: <see cref="MostPerTurn"/> at most.</summary>
    private short _handedOut;
    private bool _isBusy;
    private bool _isEnded;

    /// <summary>What broke the channel off. It is written before the abort, and any thread may read it.</summary>
    private volatile Exception? _broken;
    private bool _hasTriedLast;

    public MessageReader(MessageChannel channel, int limit)
    {
        _channel = channel;
        Limit = limit;
    }

    /// <summary>The longest message in bytes, of both directions. It is here because the channel has no room left for it.</summary>
    public int Limit { get; }

    /// <summary>What broke the channel off; null: nothing has.</summary>
    public Exception? Broken => _broken;

    /// <summary>What the reader does, as part of a sentence; null: nothing.</summary>
    public string? WhyBusy => Volatile.Read(ref _isBusy) ? "a receive of its messages is under way" : null;

    /// <summary>What the reader holds, as part of a sentence; null: nothing but the message that was handed out last.</summary>
    public string? WhyUnread => _bytes.Length > _taken ? "its messages hold received bytes that were not handed out" : null;

    private StreamConnection Connection => _channel.Connection;

    /// <summary>Whether the server stops, and this receive would begin a new message.</summary>
    private bool IsToEnd =>
        _channel.Options.EndWhenStopping && _bytes.Length == 0 && _broken is null && Connection.Stopping.IsCancellationRequested;

    /// <summary>The blocking receive; null at the end.</summary>
    public ReadOnlySequence<byte>? Receive()
    {
        Enter();
        try
        {
            TimeSpan timeout = Connection.ReceiveTimeout;
            var deadline = Deadline.After(timeout);
            while (true)
            {
                if (TryParse(out ReadOnlySequence<byte> message))
                {
                    return message;
                }

                if (_isEnded || (IsToEnd && _hasTriedLast))
                {
                    return null;
                }

                _channel.SendQueued();
                bool isLast = IsToEnd;
                IoResult outcome = ReceiveBytes(isLast ? TimeSpan.Zero : TimeLeft(deadline, timeout));
                NoteWaited();
                if (isLast && outcome.Status == ChannelStatus.WouldBlock)
                {
                    _hasTriedLast = true;
                }
                else if (Note(outcome, isLast, CancellationToken.None) is { } fault)
                {
                    throw fault;
                }
            }
        }
        finally
        {
            Exit();
        }
    }

    /// <summary>The receive that never waits. False: no whole message has arrived.</summary>
    public bool TryReceive(out ReadOnlySequence<byte>? message)
    {
        message = null;
        Enter();
        try
        {
            while (true)
            {
                if (TryParse(out ReadOnlySequence<byte> found))
                {
                    message = found;
                    return true;
                }

                if (_isEnded || (IsToEnd && _hasTriedLast))
                {
                    return true;
                }

                _channel.SendQueued();
                bool isLast = IsToEnd;
                IoResult outcome = ReceiveBytes(TimeSpan.Zero);
                if (outcome.Status == ChannelStatus.WouldBlock)
                {
                    _hasTriedLast |= isLast;
                    return isLast;
                }

                if (Note(outcome, isLast, CancellationToken.None) is { } fault)
                {
                    throw fault;
                }
            }
        }
        finally
        {
            Exit();
        }
    }

    Memory<byte> IMemoryLender.Lend() => Lend();

    void IMemoryLender.TakeBack() => _bytes.TakeBack();

    /// <summary>The memory doubles with the bytes of the message that have come.</summary>
    private Memory<byte> Lend() => _bytes.Lend(this, wanted: _bytes.Length);

    /// <summary>Makes this call the only receive.</summary>
    private void Enter()
    {
        if (Interlocked.CompareExchange(ref _isBusy, true, false))
        {
            throw Faults.Of(SocketOperation.Receive, IoResult.Ended(ChannelStatus.Busy), Connection);
        }
    }

    private void Exit() => Volatile.Write(ref _isBusy, false);

    /// <summary>Receives on this thread.</summary>
    private IoResult ReceiveBytes(TimeSpan timeout)
    {
        IoResult outcome;
        try
        {
            outcome = Connection.Channel.Receive(Lend().Span, ReceiveKind.Some, timeout);
        }
        catch
        {
            // Thread.Interrupt has ended a wait: no byte is lost.
            _bytes.TakeBack();
            throw;
        }

        if (outcome.Status == ChannelStatus.WouldBlock)
        {
            _bytes.TakeBack();
        }

        return outcome;
    }

    /// <summary>Takes the next whole message off what was received.</summary>
    private bool TryParse(out ReadOnlySequence<byte> message)
    {
        if (_taken > 0)
        {
            _bytes.Consume(_taken);
            _taken = 0;
        }

        message = default;
        if (_bytes.Length == 0 || Connection.Channel.IsClosed)
        {
            // Once this side has closed, the receive of bytes says so.
            return false;
        }

        try
        {
            ReadOnlySequence<byte> rest = _bytes.Sequence;
            if (!_channel.Framing.TryParse(ref rest, ref _state, Limit, out message))
            {
                return false;
            }

            _taken = _bytes.Length - rest.Length;
            CheckProgress(message.IsEmpty);
        }
        catch (Exception exception)
        {
            // Nobody knows where the next message begins, also when a framing of the user's own threw something else.
            if (exception is FrameException frame)
            {
                Locate(frame);
            }

            Break(CloseReason.LocalAbort, exception);
            throw;
        }

        _state = 0;
        _spent = 0;
        return true;
    }

    private void CheckProgress(bool isEmpty)
    {
        if (_taken <= 0)
        {
            throw new InvalidOperationException("The framing found a message and took no byte off the buffer.");
        }

        _empties = isEmpty ? _empties + 1 : 0;
        if (_empties > _channel.Options.MaxEmptyMessages)
        {
            throw new FrameException(
                string.Create(CultureInfo.InvariantCulture, $"the peer sent {_empties} empty messages in a row, more than the limit."));
        }
    }

    /// <summary>Notes how a receive of bytes ended. Null: look for a message again.</summary>
    private Exception? Note(IoResult outcome, bool isLast, CancellationToken cancellationToken)
    {
        if (outcome is { IsSuccess: true, Count: > 0 })
        {
            // The last attempt of a server that stops goes on while the kernel has more than it took.
            bool isFull = _bytes.Commit(outcome.Count);
            _hasTriedLast |= isLast && !isFull;
            return null;
        }

        _bytes.TakeBack();
        if (outcome.IsSuccess)
        {
            _isEnded = true;
            return _bytes.Length == 0 ? null : EndedInside();
        }

        if (outcome.Status == ChannelStatus.Canceled && !cancellationToken.IsCancellationRequested)
        {
            // The server stops, or it was meant for the receive before this one.
            return null;
        }

        if (outcome.Status is ChannelStatus.Closed or ChannelStatus.Failed)
        {
            // The rest of the message will not come.
            _bytes.Clear();
        }

        return outcome.Status == ChannelStatus.DeadlinePassed && _isSlowLimit
            ? TooSlow()
            : Faults.Of(SocketOperation.Receive, outcome, Connection, Connection.ReceiveTimeout, cancellationToken: cancellationToken);
    }

    private FrameException EndedInside()
    {
        var fault = new FrameException(string.Create(
            CultureInfo.InvariantCulture, $"the peer finished inside a message, after {_bytes.Length} of its bytes."))
        {
            IsEndInside = true,
        };
        Locate(fault);
        Break(CloseReason.LocalAbort, fault);
        return fault;
    }

    private void Locate(FrameException fault)
    {
        fault.Origin = Connection;
        fault.Where = $"{Faults.NameOf(SocketOperation.Receive)} on {Connection.Describe('←')}: ";
    }

    /// <summary>Nothing can be received any more, and the connection is aborted. No message is handed out at this moment.</summary>
    private void Break(CloseReason reason, Exception why)
    {
        _broken = why;
        _isEnded = false;
        _taken = 0;
        _bytes.Clear();
        Connection.Abort(reason);
    }
}
