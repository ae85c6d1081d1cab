using System.Buffers;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit.Sockets.Messages;

/// <summary>
/// Sending by the thread that has begun. It sends what is staged as far as that does not wait. Then it knows of each message whether it
/// went. The one that went in part waits with an async send of the channel, and those behind it go back into the queue, where their tokens
/// can take them out. The thread that ends the wait goes on.
/// </summary>
internal sealed partial class MessageSender
{
    private static readonly Action<object?> s_onSent = static state => ((MessageSender)state!).OnSent();

    // All of this but the last one belongs to the thread that sends.
    private readonly MessageBuffer _sending;
    private OutgoingList _staged;
    private OutgoingMessage? _current;
    private IoTask _task;
    private Deadline _deadline;
    private long _position;

    /// <summary>Where the copied bytes at the front of <see cref="_sending"/> end.</summary>
    private long _runEnd;

    /// <summary>The time of a send of copied bytes has passed. They stay until the next call sends them again.</summary>
    private bool _isPaused;

    /// <summary>How many bytes the async send has been given that waits; 0: none does.</summary>
    private int _waitLength;

    private void OnSent() => Drive(TakeWaited(_task), isInCall: false);

    /// <summary>Goes on after an attempt, until nothing is left or a send waits.</summary>
    /// <param name="outcome">How the attempt ended.</param>
    /// <param name="isInCall">
    /// A call of the user is on this thread's stack. It sends no other calls' messages, and runs no code that awaits them.
    /// </param>
    private void Drive(IoResult outcome, bool isInCall)
    {
        while (true)
        {
            if (outcome.Status == ChannelStatus.WouldBlock)
            {
                IoTask task = BeginWait();
                if (!task.HasEnded)
                {
                    _task = task;
                    task.OnEnded(s_onSent, this);
                    break;
                }

                outcome = TakeWaited(task);
                continue;
            }

            bool isLeft;
            bool aborts = false;
            lock (Gate)
            {
                EndSent();
                if (!outcome.IsSuccess)
                {
                    Fail(outcome, out aborts);
                }

                isLeft = !_sending.IsEmpty && !_isPaused;
            }

            if (aborts)
            {
                _connection.Abort();
            }

            if (!isLeft && !TryStage(isInCall))
            {
                break;
            }

            outcome = Attempt();
        }

        Tell(isInCall);
    }

    /// <summary>Sends what is staged as far as that does not wait.</summary>
    private IoResult Attempt()
    {
        StreamChannel channel = _connection.Channel;
        while (!_sending.IsEmpty)
        {
            ReadOnlyMemory<byte> first = _sending.First;
            ReadOnlyMemory<byte> second = _sending.Second;
            IoResult outcome = second.IsEmpty
                ? channel.Send(first.Span, TimeSpan.Zero)
                : channel.Send(first.Span, second.Span, TimeSpan.Zero);
            NoteSent(outcome.Count);
            if (!outcome.IsSuccess)
            {
                return outcome;
            }

            if (outcome.Count < first.Length + second.Length)
            {
                return IoResult.Ended(ChannelStatus.WouldBlock);
            }
        }

        return default;
    }

    /// <summary>Waits with what is first; everything behind it goes back into the queue.</summary>
    private IoTask BeginWait()
    {
        OutgoingMessage? current;
        lock (Gate)
        {
            EndSent();
            current = _position < _runEnd ? null : _staged.First;
            while (_staged.Last is { } last && last != current)
            {
                _staged.Remove(last);
                Return(last);
            }

            _sending.Truncate((current?.End ?? _runEnd) - _position);
        }

        TimeSpan timeout = _connection.SendTimeout;
        if (timeout == TimeSpan.Zero)
        {
            timeout = Timeout.InfiniteTimeSpan;
        }

        if (current is null || current != _current)
        {
            _deadline = Deadline.After(timeout);
        }

        _current = current;
        TimeSpan left = _deadline.IsInfinite ? timeout : _deadline.Remaining();
        ReadOnlyMemory<byte> first = _sending.First;
        Volatile.Write(ref _waitLength, first.Length);
        return _connection.Channel.SendAsync(
            first, left == TimeSpan.Zero ? TimeSpan.FromTicks(1) : left, current?.Token ?? CancellationToken.None);
    }

    /// <summary>A message whose bytes did not go waits again, in front of those that came after it. The caller holds the gate.</summary>
    private void Return(OutgoingMessage call)
    {
        if (call.IsToCancel)
        {
            EndAsCanceled(call);
            _ended.Add(call);
            return;
        }

        call.State = OutgoingState.Queued;
        _queue.AddFirst(call);
        _waiters++;
        _waitingBytes += call.Length + call.Body.Length;
    }

    private IoResult TakeWaited(IoTask task)
    {
        IoResult outcome = task.Take();
        lock (Gate)
        {
            Volatile.Write(ref _waitLength, 0);
            NoteSent(outcome.Count);
        }

        return outcome;
    }

    /// <summary>The kernel has taken so many bytes.</summary>
    private void NoteSent(int count)
    {
        if (count == 0)
        {
            return;
        }

        lock (Gate)
        {
            _copiedBytes -= Math.Clamp(_runEnd - _position, 0, count);
            _position += count;
            _sending.Consume(count);
        }
    }

    /// <summary>The calls whose bytes have all been sent have succeeded. The caller holds the gate.</summary>
    private void EndSent()
    {
        while (_staged.First is { } call && call.End <= _position)
        {
            if (call == _current)
            {
                // The object will serve another call, whose time begins anew.
                _current = null;
            }

            _staged.Remove(call);
            End(call, null);
        }
    }

    /// <summary>The caller holds the gate.</summary>
    private void End(OutgoingMessage call, Exception? fault)
    {
        call.State = OutgoingState.Ended;
        call.Fault = fault;
        _ended.Add(call);
    }

    /// <summary>Stages what is queued. False: nothing is, or it is left for the next turn; this thread no longer sends.</summary>
    private bool TryStage(bool isInCall)
    {
        lock (Gate)
        {
            if (!isInCall && !_isPaused && _ended.Count == 0 && TryStageQueue())
            {
                return true;
            }

            // Several calls have ended together: what their callers send next is to leave together, too.
            _isGathering |= _ended.Count > 1 && _end.IsSuccess;
            _isSending = false;
            bool isLeft = _queue.First is not null && !_isPaused && _end.IsSuccess;
            _isPaused = false;
            if (isLeft || _isGathering)
            {
                Post();
            }

            return false;
        }
    }

    /// <summary>The end of a send in a call of the user that has sent everything.</summary>
    private void Release() => TryStage(isInCall: true);

    /// <summary>The caller holds the gate. False: nothing was staged.</summary>
    private bool TryStageQueue()
    {
        while (_queue.First is { } call && _sending.Length < MostStaged)
        {
            if (call.Kind != OutgoingKind.Copied)
            {
                Dequeue(call);
                StageCall(call);
            }
            else if (_staged.First is null)
            {
                TakeRun(call);
            }
            else
            {
                // Copied bytes could not go back behind a message that does.
                break;
            }
        }

        return !_sending.IsEmpty || _staged.First is not null;
    }

    /// <summary>Moves copied bytes to those that are being sent. The caller holds the gate.</summary>
    private void TakeRun(OutgoingMessage run)
    {
        _queue.Remove(run);
        _sending.Link(run);
        LeaveAsRun(counts: false);
        Recycle(run);
    }

    /// <summary>All that is being sent is copied, and no call waits for it. The caller holds the gate.</summary>
    private void LeaveAsRun(bool counts = true)
    {
        long end = _position + _sending.Length;
        _copiedBytes += counts ? end - Math.Max(_runEnd, _position) : 0;
        _runEnd = end;
    }

    private void StageCall(OutgoingMessage call)
    {
        long before = _sending.Length;
        try
        {
            long start = _position + before;
            if (call.Kind == OutgoingKind.Body)
            {
                _framing.Write(call.Body, _sending);
            }
            else if (before == 0)
            {
                // It is the first, so it does not go back into the queue.
                _sending.Take(call);
            }
            else
            {
                foreach (ReadOnlyMemory<byte> piece in call.Sequence)
                {
                    _sending.Write(piece.Span);
                }
            }

            Stage(call, start, call.Token);
        }
        catch (Exception exception)
        {
            // The caller has let go of its memory meanwhile, or there is no memory: nothing of it was sent.
            _sending.Truncate(before);
            End(call, exception);
        }
    }

    /// <summary>The bytes from here to the end of <see cref="_sending"/> are this call's. The caller holds the gate.</summary>
    private void Stage(OutgoingMessage call, long start, CancellationToken cancellationToken)
    {
        call.Token = cancellationToken;
        call.Start = start;
        call.End = _position + _sending.Length;
        call.State = OutgoingState.Staged;
        _staged.Add(call);
    }

    /// <summary>Writes the message of the call that has begun. If that is not possible, this thread no longer sends.</summary>
    private long StageOwn(in ReadOnlySequence<byte> message)
    {
        long before = _sending.Length;
        try
        {
            _framing.Write(message, _sending);
            return _position + before;
        }
        catch
        {
            // The framing cannot carry the message, or the caller's memory threw: nothing of it is sent.
            _sending.Truncate(before);
            Drive(Attempt(), isInCall: true);
            throw;
        }
    }
}
