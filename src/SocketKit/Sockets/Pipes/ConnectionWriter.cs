using System.Buffers;
using System.IO.Pipelines;
using SocketKit.Engine;

namespace SocketKit.Sockets.Pipes;

/// <summary>
/// The writing end of a connection's pipe. What was written is queued by a flush and sent at once. A flush is only the wait for that: when
/// it is cancelled, the sending goes on (ConnectionWriter.Send.cs).
/// </summary>
internal sealed partial class ConnectionWriter : PipeWriter
{
    private readonly Lock _gate = new();
    private readonly ConnectionPipe _pipe;
    private readonly StreamConnection _connection;
    private readonly MemoryPool<byte>? _pool;
    private readonly bool _sendsLater;

    // Belongs to the caller.
    private SegmentChain _unflushed;
    private int _size = PipeSegments.SmallestBlock;
    private bool _isCompleted;

    public ConnectionWriter(ConnectionPipe pipe, StreamConnection connection, MemoryPool<byte>? pool, FlushMode flushMode)
    {
        _pipe = pipe;
        _connection = connection;
        _sendsLater = flushMode == FlushMode.EndOfTurn;
        _pool = pool;
    }

    /// <summary>Whether closing now would lose bytes that were flushed, or has lost some.</summary>
    public bool HasUnsent
    {
        get
        {
            lock (_gate)
            {
                return _isOver || IsAnyLeft;
            }
        }
    }

    /// <summary>What the writer holds or does, as part of a sentence; null: nothing.</summary>
    public string? WhyBusy
    {
        get
        {
            lock (_gate)
            {
                return _isCompleted ? "the output of its pipe was completed"
                    : _isOver || IsAnyLeft || _unflushed.Length > 0 ? "its pipe holds written bytes that were not sent"
                    : null;
            }
        }
    }

    /// <summary>How many flushed bytes wait. Nothing waits once the connection is closed.</summary>
    public long QueuedBytes
    {
        get
        {
            StreamChannel channel = _connection.Channel;
            lock (_gate)
            {
                // While a send waits, the channel knows how much of it is left.
                long sending = Math.Min(_sending.Length, _isSending && channel.IsSending ? channel.QueuedBytes : _sending.Length);
                return channel.IsClosed ? 0 : _queued.Length + sending + _rest.Length;
            }
        }
    }

    public override bool CanGetUnflushedBytes => true;

    /// <summary>What was written and not flushed, and what a flush whose time passed has left.</summary>
    public override long UnflushedBytes
    {
        get
        {
            lock (_gate)
            {
                return _unflushed.Length + (_isSending ? 0 : _queued.Length + _sending.Length);
            }
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        ThrowIfCompleted();
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        int least = Math.Max(sizeHint, 1);
        if (_unflushed.Tail is not { } tail)
        {
            AddSegment(_size, least);
        }
        else if (tail.Free.Length < least)
        {
            AddSegment(Math.Min(tail.Capacity * 2, PipeSegments.LargestBlock), least);
        }

        return _unflushed.Tail!.Free;
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <summary>
    /// The segment stays, so that the span of the last Get remains the place where the next bytes go: Kestrel advances more than once.
    /// </summary>
    public override void Advance(int bytes)
    {
        if ((uint)bytes > (uint)(_unflushed.Tail?.Free.Length ?? 0))
        {
            throw new ArgumentOutOfRangeException(nameof(bytes), bytes, "The memory of the last Get is shorter than that.");
        }

        if (bytes > 0)
        {
            _unflushed.Extend(bytes);
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled<FlushResult>(cancellationToken)
            : FlushAsync(default, _sendsLater, cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        ThrowIfCompleted();
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }

        bool isLater = _sendsLater && source.Length <= MostLater;
        if (isLater || (_unflushed.Length > 0 && source.Length <= _unflushed.Tail!.Free.Length))
        {
            // It leaves together with what was written before, in one call.
            source.CopyTo(GetMemory(source.Length));
            Advance(source.Length);
            source = default;
        }

        return FlushAsync(source, _sendsLater, cancellationToken);
    }

    public override void Complete(Exception? exception = null)
    {
        bool sends;
        lock (_gate)
        {
            if (_isCompleted)
            {
                return;
            }

            _isCompleted = true;
            if (exception is null)
            {
                Queue();
            }
            else
            {
                // What is being sent is dropped when the abort ends the send.
                _isOver = true;
                _isShut = true;
                _unflushed.Clear();
                if (!_isSending)
                {
                    Drop();
                }
            }

            sends = exception is null && !_isSending;
            _isSending |= sends;
        }

        if (exception is not null)
        {
            _pipe.EndOutput(exception);
        }
        else if (sends)
        {
            Send();
        }
    }

    /// <summary>Sends what was written, waits for that, and half-closes. It does not wait while a flush is under way.</summary>
    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (exception is null && !_isCompleted && !_isResultPending)
        {
            try
            {
                FlushResult flushed;
                do
                {
                    // One that was cancelled has not waited.
                    flushed = await FlushAsync(default, mayLeave: false, CancellationToken.None).ConfigureAwait(false);
                }
                while (flushed.IsCanceled);
            }
            catch (Exception failure)
            {
                // What is left cannot be sent, and the peer must not take what it has for all of it.
                Complete(failure);
                throw;
            }
        }

        Complete(exception);
    }

    private void AddSegment(int size, int least)
    {
        if (_unflushed.Tail is { Length: 0 } unused && _unflushed.Head == unused)
        {
            _unflushed.Clear();
        }

        _unflushed.Add(PipeSegments.Rent(this, _pool, size, least));
    }

    /// <summary>Hands what was written to the thread that sends. The caller holds the gate.</summary>
    private void Queue()
    {
        if (_unflushed.Length == 0)
        {
            // A Get without an Advance.
            _unflushed.Clear();
            return;
        }

        // The next first segment holds a flush like this one.
        if (_unflushed.Head != _unflushed.Tail)
        {
            _size = Math.Min(_size * 2, PipeSegments.LargestBlock);
        }
        else if (_unflushed.Length <= _size / 4)
        {
            _size = Math.Max(_size / 2, PipeSegments.SmallestBlock);
        }

        _queued.Add(ref _unflushed);
    }

    private void ThrowIfCompleted()
    {
        if (_isCompleted)
        {
            throw new InvalidOperationException("Writing is not allowed after the writer was completed.");
        }
    }
}
