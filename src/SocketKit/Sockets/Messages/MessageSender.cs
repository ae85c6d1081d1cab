using System.Buffers;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Framing;

namespace SocketKit.Sockets.Messages;

/// <summary>
/// Sends messages, in the order of the calls. One thread at a time sends: it sets <see cref="_isSending"/>. A call that finds nobody
/// sending and nobody waiting sends at once, together with the copied messages in front of it. Every other call waits in the queue, and the
/// next send gathers what waits there (MessageSender.Drive.cs).
/// </summary>
internal sealed partial class MessageSender
{
    /// <summary>How many bytes are gathered for one send, and how many copied ones are left for later.</summary>
    public const int MostStaged = 64 * 1024;

    /// <summary>How many places of the queue are kept for later calls.</summary>
    private const int MostSpare = 64;

    private readonly MessageChannel _channel;
    private readonly StreamConnection _connection;
    private readonly MessageFraming _framing;
    private readonly long _queueLimit;
    private readonly int _limit;

    /// <summary>The framing's reserved head; -1 for a framing that has to write its frames into a buffer of their own.</summary>
    private readonly int _head;

    // Under the gate.
    private OutgoingList _queue;
    private OutgoingMessage? _spare;
    private int _spares;
    private int _waiters;
    private long _waitingBytes;
    private long _copiedBytes;
    private bool _isSending;
    private bool _isPosted;

    /// <summary>Calls whose outcome is known, and whose callers are yet to be told.</summary>
    private OutgoingList _ended;

    /// <summary>The callers of several calls that have ended together are being told. What they send next leaves together, too.</summary>
    private bool _isGathering;

    /// <summary>Messages, or the rest of one, were dropped, and the peer must not take what it has for all of them.</summary>
    private bool _hasLost;

    /// <summary>How the sending has ended for good; success: it has not.</summary>
    private IoResult _end;

    /// <summary>A message was cancelled after a part of it had gone. Any thread may read it.</summary>
    private volatile bool _isAbandoned;

    /// <summary>What the next call throws, once.</summary>
    private Exception? _fault;

    public MessageSender(MessageChannel channel)
    {
        _channel = channel;
        _connection = channel.Connection;
        _framing = channel.Framing;
        _limit = channel.Limit;
        _queueLimit = channel.Options.SendQueueLimit;
        _head = _framing.ReservedHead;
        _sending = new MessageBuffer(this);
    }

    public Lock Gate { get; } = new();

    /// <summary>Whether closing now would lose a message, or a part of one.</summary>
    public bool HasUnsent
    {
        get
        {
            lock (Gate)
            {
                return _hasLost || _isSending || _copiedBytes > 0 || _waiters > 0;
            }
        }
    }

    /// <summary>Whether a message was cancelled after a part of it had gone, which has ended the connection.</summary>
    public bool IsAbandoned => _isAbandoned;

    /// <summary>Whether a message can still be sent.</summary>
    public bool IsUsable
    {
        get
        {
            lock (Gate)
            {
                return _end.IsSuccess && !_connection.Channel.IsClosed;
            }
        }
    }

    /// <summary>
    /// How many bytes wait: those of the copied messages, those of calls that wait in the queue, and what is left of those being sent.
    /// Nothing waits once the connection is closed.
    /// </summary>
    public long QueuedBytes
    {
        get
        {
            StreamChannel channel = _connection.Channel;
            lock (Gate)
            {
                long taken = Volatile.Read(ref _waitLength) is > 0 and var length ? length - channel.QueuedBytes : 0;
                long copiedInSend = Math.Max(_runEnd - _position, 0);
                return channel.IsClosed ? 0 : _copiedBytes - copiedInSend + _waitingBytes + Math.Max(_sending.Length - taken, 0);
            }
        }
    }

    public ValueTask SendAsync(in ReadOnlySequence<byte> message, CancellationToken cancellationToken)
    {
        CheckLength(message.Length);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        if (_head < 0)
        {
            return SendFramedAsync(Frame(message), cancellationToken);
        }

        OutgoingMessage? call = null;
        lock (Gate)
        {
            if (TakeFault() is { } fault)
            {
                return ValueTask.FromException(fault);
            }

            if (!TryBegin())
            {
                CheckMessage(message);
                call = Rent();
                SetBody(call, message);
                Enqueue(call, cancellationToken);
            }
        }

        if (call is not null)
        {
            return call.Await();
        }

        long start = StageOwn(message);
        IoResult outcome = Attempt();
        if (_sending.IsEmpty)
        {
            Release();
            return ValueTask.CompletedTask;
        }

        lock (Gate)
        {
            call = Rent();
            SetBody(call, message);
            Stage(call, start, cancellationToken);
        }

        Drive(outcome, isInCall: true);
        return call.Await();
    }

    /// <summary>Sends a message that its caller has written into a buffer.</summary>
    public ValueTask SendFramedAsync(OutgoingMessage call, CancellationToken cancellationToken)
    {
        lock (Gate)
        {
            if (TakeFault() is { } fault)
            {
                Recycle(call);
                return ValueTask.FromException(fault);
            }

            if (!TryBegin())
            {
                Enqueue(call, cancellationToken);
                return call.Await();
            }
        }

        long start = _position + _sending.Length;
        _sending.Take(call);
        IoResult outcome = Attempt();
        if (_sending.IsEmpty)
        {
            Release();
            Recycle(call);
            return ValueTask.CompletedTask;
        }

        lock (Gate)
        {
            Keep(call, start);
            Stage(call, start, cancellationToken);
        }

        Drive(outcome, isInCall: true);
        return call.Await();
    }

    /// <summary>The token of a call fired.</summary>
    public void Cancel(OutgoingMessage call)
    {
        lock (Gate)
        {
            if (call.State != OutgoingState.Queued)
            {
                call.IsToCancel = call.State == OutgoingState.Staged;
                return;
            }

            Dequeue(call);
            EndAsCanceled(call);
        }

        call.Complete(asynchronously: true);
    }

    private void EndAsCanceled(OutgoingMessage call)
    {
        call.State = OutgoingState.Ended;
        call.Fault = FaultOf(IoResult.Ended(ChannelStatus.Canceled), 0, call.Token);
    }

    private void CheckLength(long message)
    {
        if (message > _limit)
        {
            throw new ArgumentException(
                $"A message of {message} bytes is longer than the limit of {_limit} bytes. "
                + $"{nameof(MessageOptions)}.{nameof(MessageOptions.MaxMessageSize)} holds in both directions.",
                nameof(message));
        }
    }

    /// <summary>Throws if the framing cannot carry the message.</summary>
    private void CheckMessage(in ReadOnlySequence<byte> message)
    {
        Span<byte> head = stackalloc byte[_head];
        _framing.FillHead(head, message);
    }

    private Exception FaultOf(IoResult outcome, long sent = 0, CancellationToken cancellationToken = default) =>
        Faults.Of(SocketOperation.Send, outcome, _connection, _connection.SendTimeout, sent, cancellationToken);

    /// <summary>What a call throws that begins now; null: nothing. The caller holds the gate.</summary>
    private Exception? TakeFault()
    {
        if (!_end.IsSuccess)
        {
            return FaultOf(_end);
        }

        if (_connection.Channel.IsClosed)
        {
            return FaultOf(IoResult.Ended(ChannelStatus.Closed));
        }

        Exception? fault = _fault;
        _fault = null;
        return fault;
    }

    /// <summary>
    /// Begins to send in a call of the user, with the copied messages in front. The caller holds the gate. False: somebody sends, or waits.
    /// </summary>
    private bool TryBegin()
    {
        if (_isSending || _isGathering || _waiters > 0)
        {
            return false;
        }

        _isSending = true;
        while (_queue.First is { } run)
        {
            TakeRun(run);
        }

        return true;
    }

    private static void SetBody(OutgoingMessage call, in ReadOnlySequence<byte> message)
    {
        call.Kind = OutgoingKind.Body;
        call.Body = message;
    }
}
