using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit.Sockets.Pipes;

/// <summary>
/// Sending: the thread that sets <see cref="_isSending"/> sends until nothing is left or a send waits. Then the thread that ends that send
/// goes on.
/// </summary>
internal sealed partial class ConnectionWriter : IThreadPoolWorkItem
{
    /// <summary>How much may be left for the end of the turn before a flush waits.</summary>
    private const int MostLater = 64 * 1024;

    /// <summary>How much of a caller's memory is copied, so that a send can wait while the caller may take its memory back.</summary>
    private const int WaitingBytes = 64 * 1024;

    private static readonly Action<object?> s_onSent = static state => ((ConnectionWriter)state!).OnSent();

    // Under the gate, except for what is being sent, which belongs to the thread that sends.
    private SegmentChain _queued;
    private SegmentChain _sending;
    private ReadOnlyMemory<byte> _rest;
    private bool _isSending;
    private bool _isOver;
    private bool _isShut;
    private Exception? _fault;

    /// <summary>Ends when this writer no longer sends.</summary>
    private TaskCompletionSource? _sent;

    private IoTask _task;
    private StreamChannel.SendProgress? _progress;
    private TimeSpan _timeout;

    /// <summary>Flushed bytes are left, or are being sent. Read under the gate.</summary>
    private bool IsAnyLeft => _isSending || !_queued.IsEmpty || !_sending.IsEmpty || !_rest.IsEmpty;

    private bool IsPeerGone => _isOver || _connection.CloseReason is CloseReason.PeerReset or CloseReason.TimedOut;

    /// <summary>
    /// Sends what is left, also after a time-out. Returns a task that ends when this writer no longer sends; null: nothing is left, or
    /// nothing can be sent.
    /// </summary>
    public Task? TryBeginRest()
    {
        bool begins;
        Task sent;
        lock (_gate)
        {
            if (_isOver || !IsAnyLeft)
            {
                return null;
            }

            begins = !_isSending;
            _isSending = true;
            if (begins)
            {
                _fault = null;
            }

            sent = (_sent ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        if (begins)
        {
            Send();
        }

        return sent;
    }

    /// <summary>The end of the turn. This writer has been sending since the first flush that left something for it.</summary>
    void IThreadPoolWorkItem.Execute() => Send();

    /// <summary>
    /// Leaves what is queued for the end of the turn. The caller holds the gate. False: too much is left already, or the flush has
    /// something to tell.
    /// </summary>
    /// <param name="begins">Whether this is the first flush that leaves something.</param>
    private bool TryLeave(out bool begins)
    {
        bool leaves = !_isOver && !_isCanceling && _fault is null && _queued.Length + _sending.Length <= MostLater;
        begins = leaves && !_isSending && !_queued.IsEmpty;
        _isSending |= begins;
        return leaves;
    }

    /// <summary>
    /// The short way of most flushes: one send that does not wait takes everything. The caller holds the gate. False: something is left, or
    /// there is something to tell.
    /// </summary>
    private bool TrySendAtOnce()
    {
        bool isPlain = _fault is null && !_isOver && !_isCanceling && !_isCompleted && _sending.IsEmpty;
        if (!isPlain || _queued.IsEmpty == _rest.IsEmpty)
        {
            return false;
        }

        if (_queued.IsEmpty)
        {
            TrySendRest(copies: false);
            return _rest.IsEmpty && !_isOver;
        }

        if (_queued.Head != _queued.Tail)
        {
            return false;
        }

        IoResult outcome = _connection.Channel.Send(_queued.First.Span, TimeSpan.Zero);
        if (outcome.IsSuccess)
        {
            _queued.Consume(outcome.Count);
        }
        else if (outcome.Status != ChannelStatus.WouldBlock)
        {
            NoteFailure(outcome);
        }

        return _queued.IsEmpty;
    }

    /// <summary>Sends what is queued. False: a send waits, and its end goes on with the rest.</summary>
    private bool Send()
    {
        while (TryTake())
        {
            try
            {
                IoTask task = Start();
                if (!task.HasEnded)
                {
                    _task = task;
                    task.OnEnded(s_onSent, this);
                    return false;
                }

                Note(task.Take());
            }
            catch (Exception exception)
            {
                // The memory of the application's pool threw. How much was sent is not known.
                Fail(exception);
            }
        }

        return true;
    }

    private void OnSent()
    {
        try
        {
            Note(_task.Take());
        }
        catch (Exception exception)
        {
            // The memory of the application's pool threw. How much was sent is not known.
            Fail(exception);
        }

        Send();
    }

    /// <summary>Finds what is to be sent next. False: nothing is, and this thread no longer sends.</summary>
    private bool TryTake()
    {
        bool isWaited;
        bool isLast;
        TaskCompletionSource? sent;
        lock (_gate)
        {
            if (_isOver)
            {
                Drop();
            }
            else if (_fault is null && HasNext())
            {
                return true;
            }

            if (!_rest.IsEmpty)
            {
                KeepRest();
            }

            _isSending = false;
            (sent, _sent) = (_sent, null);
            isWaited = _isWaiting;
            _isWaiting = false;
            isLast = _isCompleted && !_isShut;
            _isShut |= isLast;
            if (isLast)
            {
                // Bytes are left only if their time has passed.
                Drop();
            }
        }

        if (isLast)
        {
            ShutDown();
        }

        sent?.SetResult();
        if (isWaited)
        {
            EndWait();
        }

        return false;
    }

    private bool HasNext()
    {
        if (_sending.IsEmpty)
        {
            _sending.Add(ref _queued);
        }

        return !_sending.IsEmpty || (!_rest.IsEmpty && TrySendRest(copies: true));
    }

    /// <summary>
    /// Sends the caller's memory without a copy, as far as that does not wait. True: a copy of the next part is to be sent, and to wait.
    /// </summary>
    private bool TrySendRest(bool copies)
    {
        try
        {
            IoResult outcome = _connection.Channel.Send(_rest.Span, TimeSpan.Zero);
            if (!outcome.IsSuccess && outcome.Status != ChannelStatus.WouldBlock)
            {
                NoteFailure(outcome);
                return false;
            }

            _rest = _rest[outcome.Count..];
            if (_rest.IsEmpty || !copies)
            {
                return false;
            }

            CopyRest(ref _sending, Math.Min(_rest.Length, WaitingBytes));
            return true;
        }
        catch (Exception exception)
        {
            // The caller's memory threw, or the application's pool did. The exception goes to the flush.
            LoseRest(exception);
            return false;
        }
    }

    private void LoseRest(Exception exception)
    {
        _rest = default;
        _fault = exception;
        _isOver = true;
    }

    /// <summary>The caller takes its memory back before all of it was sent. The caller of this method holds the gate.</summary>
    private void KeepRest()
    {
        try
        {
            while (!_rest.IsEmpty)
            {
                CopyRest(ref _queued, Math.Min(_rest.Length, PipeSegments.LargestBlock));
            }
        }
        catch (Exception exception)
        {
            // The caller's memory threw, or the application's pool did. The exception goes to the next flush.
            LoseRest(exception);
        }
    }

    private void CopyRest(ref SegmentChain chain, int count)
    {
        PipeSegment segment = PipeSegments.Rent(this, _pool, count, least: 1);
        count = Math.Min(count, segment.Capacity);
        _rest.Span[..count].CopyTo(segment.Free.Span);
        segment.Extend(count);
        chain.Add(segment);
        _rest = _rest[count..];
    }

    private IoTask Start()
    {
        StreamChannel channel = _connection.Channel;
        _timeout = _connection.SendTimeout;
        _progress = null;
        if (_sending.Head == _sending.Tail)
        {
            return channel.SendAsync(_sending.First, _timeout, CancellationToken.None);
        }

        if (_sending.Head!.Next == _sending.Tail && _sending.Length <= int.MaxValue)
        {
            return channel.SendAsync(_sending.First, _sending.Tail!.Memory, _timeout, CancellationToken.None);
        }

        _progress = new StreamChannel.SendProgress();
        return IoTask.Of(channel.SendAsync(_sending.Sequence, _progress, _timeout, CancellationToken.None));
    }

    private void Note(IoResult outcome)
    {
        lock (_gate)
        {
            if (outcome.IsSuccess)
            {
                _sending.Clear();
            }
            else
            {
                _sending.Consume(_progress?.Sent ?? outcome.Count);
                NoteFailure(outcome);
            }
        }
    }

    /// <summary>A send did not succeed. The caller of this method holds the gate.</summary>
    private void NoteFailure(IoResult outcome)
    {
        bool isGone = outcome.Status == ChannelStatus.Failed && ErrorTable.IsDisconnect(outcome.Error);
        if (!isGone)
        {
            _fault = ConnectionStream.FaultOf(_connection, SocketOperation.Send, outcome, _timeout, CancellationToken.None);
        }

        // After a deadline the rest may still be sent.
        _isOver = outcome.Status != ChannelStatus.DeadlinePassed;
    }

    private void Fail(Exception exception)
    {
        lock (_gate)
        {
            _fault = exception;
            _isOver = true;
        }
    }

    /// <summary>Nothing can be sent any more. The caller of this method holds the gate.</summary>
    private void Drop()
    {
        _sending.Clear();
        _queued.Clear();
        _rest = default;
    }

    /// <summary>The writer was completed, and this is the end of its bytes.</summary>
    private void ShutDown()
    {
        Exception? fault = _isOver ? null : _fault;
        if (fault is null)
        {
            _connection.Channel.ShutdownSend();
        }

        // Bytes are left whose time has passed: the peer must not take what it has for all of them.
        _pipe.EndOutput(fault);
    }
}
