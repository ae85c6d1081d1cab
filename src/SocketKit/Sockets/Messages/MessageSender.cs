using System.Buffers;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Framing;
using SocketKit.Sockets.Pipes;

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
    private PipeSegments _segments;
    private OutgoingList _queue;
    private OutgoingMessage? _spare;
    private int _spares;
    private int _waiters;
    private long _waitingBytes;
    private long _copiedBytes;
    private bool _isSending;
    private bool _isPosted;

    /// <summary>Senders whose calls have just ended together run at this moment. What they send next leaves together, too.</summary>
    private bool _isGathering;

    /// <summary>How the sending has ended for good; success: it has not.</summary>
    private IoResult _end;

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
        _segments = new PipeSegments(this, pool: null);
        _sending = new MessageBuffer(this);
    }

    public Lock Gate { get; } = new();

    public ref PipeSegments Segments => ref _segments;

    /// <summary>Whether closing now would lose a message, or a part of one.</summary>
    public bool HasUnsent
    {
        get
        {
            lock (Gate)
            {
                return _end.IsSuccess ? _isSending || _copiedBytes > 0 || _waiters > 0 : _end.Status == ChannelStatus.NotBegun;
            }
        }
    }

    /// <summary>
    /// How many bytes wait: those of the copied messages, those of calls that wait in the queue, and what is left of those being sent.
    /// </summary>
    public long QueuedBytes
    {
        get
        {
            lock (Gate)
            {
                long copiedInSend = Math.Max(_runEnd - _position, 0);
                return _copiedBytes + _waitingBytes + Math.Max(_sending.Length - copiedInSend, 0);
            }
        }
    }

    public bool TrySend(ReadOnlySpan<byte> message)
    {
        CheckLength(message.Length);
        OutgoingMessage? framed = _head < 0 ? Frame(message) : null;
        bool sends;
        lock (Gate)
        {
            if (TakeFault() is { } fault)
            {
                Recycle(framed);
                throw fault;
            }

            long bytes = framed?.Length ?? _head + message.Length + _framing.Tail.Length;
            if (_copiedBytes + bytes > _queueLimit)
            {
                Recycle(framed);
                return false;
            }

            OutgoingMessage run = Run();
            long before = run.Length;
            if (framed is null)
            {
                _framing.Write(message, run);
            }
            else
            {
                run.Take(framed);
                Recycle(framed);
            }

            _copiedBytes += run.Length - before;
            sends = run.Length >= MostStaged && TryBegin();
            if (!_isSending && !_isPosted)
            {
                Post();
            }
        }

        if (sends)
        {
            Drive(Attempt(), isInCall: true);
        }

        return true;
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

    public ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }

        SendQueued();
        OutgoingMessage call;
        lock (Gate)
        {
            if (TakeFault() is { } fault)
            {
                return ValueTask.FromException(fault);
            }

            if (!_isSending && _copiedBytes == 0 && _waiters == 0)
            {
                return ValueTask.CompletedTask;
            }

            // It ends when everything in front of it has been sent.
            call = Rent();
            Enqueue(call, cancellationToken);
            if (!_isSending && !_isPosted)
            {
                Post();
            }
        }

        return call.Await();
    }

    /// <summary>Sends the copied messages, unless somebody does already.</summary>
    public void SendQueued()
    {
        if (Volatile.Read(ref _copiedBytes) == 0)
        {
            return;
        }

        lock (Gate)
        {
            if (!TryBegin())
            {
                return;
            }
        }

        Drive(Attempt(), isInCall: true);
    }

    /// <summary>The call has ended, and its result was taken; or it was never in the queue.</summary>
    public void Recycle(OutgoingMessage? call)
    {
        if (call is null)
        {
            return;
        }

        lock (Gate)
        {
            call.Clear();
            if (_spares < MostSpare)
            {
                _spares++;
                call.Next = _spare;
                _spare = call;
            }
        }
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
            throw new ArgumentException($"A message of {message} bytes is longer than the limit of {_limit} bytes.", nameof(message));
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

    /// <summary>The caller holds the gate.</summary>
    private void Enqueue(OutgoingMessage call, CancellationToken cancellationToken)
    {
        call.Token = cancellationToken;
        call.State = OutgoingState.Queued;
        _queue.Add(call);
        _waiters++;
        _waitingBytes += call.Length + call.Body.Length;
    }

    /// <summary>Takes a call that waits out of the queue. The caller holds the gate.</summary>
    private void Dequeue(OutgoingMessage call)
    {
        _queue.Remove(call);
        _waiters--;
        _waitingBytes -= call.Length + call.Body.Length;
    }

    private static void SetBody(OutgoingMessage call, in ReadOnlySequence<byte> message)
    {
        call.Kind = OutgoingKind.Body;
        call.Body = message;
    }

    /// <summary>The run of copied messages at the end of the queue. The caller holds the gate.</summary>
    private OutgoingMessage Run()
    {
        if (_queue.Last is { Kind: OutgoingKind.Copied } last)
        {
            return last;
        }

        OutgoingMessage run = Rent();
        run.Kind = OutgoingKind.Copied;
        _queue.Add(run);
        return run;
    }

    /// <summary>The caller holds the gate.</summary>
    private OutgoingMessage Rent()
    {
        if (_spare is not { } call)
        {
            return new OutgoingMessage(this);
        }

        _spares--;
        _spare = call.Next;
        call.Next = null;
        return call;
    }

    /// <summary>Sends later, together with what is queued until then. The caller holds the gate.</summary>
    private void Post()
    {
        _isPosted = true;
        _connection.Channel.RunLater(this);
    }
}
