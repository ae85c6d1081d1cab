using System.Buffers;
using System.Threading.Tasks.Sources;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit.Sockets.Messages;

/// <summary>The receive that does not block: the reader is the reusable source behind the task of one that waits.</summary>
internal sealed partial class MessageReader : IValueTaskSource<ReadOnlySequence<byte>?>
{
    private static readonly Action<object?> s_onReceived = static state => ((MessageReader)state!).OnReceived();
    private static readonly Action<object?> s_onStopping = static state => ((MessageReader)state!).Connection.Channel.CancelReceive();

    private ManualResetValueTaskSourceCore<ReadOnlySequence<byte>> _core;
    private bool _hasMessage;

    /// <summary>The receive of bytes that waits.</summary>
    private object? _receiving;
    private Deadline _deadline;
    private CancellationToken _cancellationToken;
    private CancellationTokenRegistration _stopping;

    public ValueTask<ReadOnlySequence<byte>?> ReceiveAsync(CancellationToken cancellationToken)
    {
        Enter();
        if (cancellationToken.IsCancellationRequested)
        {
            Exit();
            return ValueTask.FromCanceled<ReadOnlySequence<byte>?>(cancellationToken);
        }

        _cancellationToken = cancellationToken;
        _deadline = Deadline.Infinite;
        short version = _core.Version;
        if (_handedOut == MostPerTurn)
        {
            _handedOut = 0;
            _channel.ResumeLater();
            return new(this, version);
        }

        if (!Advance(out ReadOnlySequence<byte>? message, out Exception? fault))
        {
            return new(this, version);
        }

        _handedOut++;
        _cancellationToken = default;
        Exit();
        return fault is null ? new(message)
            : fault is OperationCanceledException && cancellationToken.IsCancellationRequested
                ? ValueTask.FromCanceled<ReadOnlySequence<byte>?>(cancellationToken)
            : ValueTask.FromException<ReadOnlySequence<byte>?>(fault);
    }

    /// <summary>Other connections had their turn.</summary>
    public void Resume()
    {
        if (Advance(out ReadOnlySequence<byte>? message, out Exception? fault))
        {
            Complete(message, fault, asynchronously: false);
        }
    }

    ReadOnlySequence<byte>? IValueTaskSource<ReadOnlySequence<byte>?>.GetResult(short token)
    {
        if (_core.GetStatus(token) == ValueTaskSourceStatus.Pending)
        {
            throw new InvalidOperationException("The receive is still under way.");
        }

        try
        {
            ReadOnlySequence<byte> message = _core.GetResult(token);
            return _hasMessage ? message : null;
        }
        finally
        {
            // A second await of the same task throws, and the caller's continuation is no longer referenced.
            _core.Reset();
            Exit();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<ReadOnlySequence<byte>?>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<ReadOnlySequence<byte>?>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);

    /// <summary>Looks for a message and receives bytes until there is one. False: a receive of bytes waits.</summary>
    private bool Advance(out ReadOnlySequence<byte>? message, out Exception? fault)
    {
        message = null;
        fault = null;
        try
        {
            while (true)
            {
                if (TryParse(out ReadOnlySequence<byte> found))
                {
                    message = found;
                    return true;
                }

                bool isLast = IsToEnd;
                if (_isEnded || (isLast && _hasTriedLast))
                {
                    return true;
                }

                _channel.SendQueued();
                IoResult outcome;
                if (isLast)
                {
                    outcome = ReceiveBytes(TimeSpan.Zero);
                    if (outcome.Status == ChannelStatus.WouldBlock)
                    {
                        _hasTriedLast = true;
                        continue;
                    }
                }
                else
                {
                    IoTask receiving = ReceiveBytesAsync();
                    if (!receiving.HasEnded)
                    {
                        Await(receiving);
                        return false;
                    }

                    NoteWaited();
                    outcome = receiving.Take();
                }

                fault = Note(outcome, isLast, _cancellationToken);
                if (fault is not null)
                {
                    return true;
                }
            }
        }
        catch (Exception exception)
        {
            // The framing threw and the connection was aborted, or there was no memory to lend and no byte is lost.
            _bytes.TakeBack();
            fault = exception;
            return true;
        }
    }

    private IoTask ReceiveBytesAsync()
    {
        StreamChannel channel = Connection.Channel;
        CancellationToken token = _cancellationToken;
        bool observes = false;
        if (_channel.Options.EndWhenStopping && _bytes.Length == 0 && Connection.Stopping is { CanBeCanceled: true } stopping)
        {
            // The handlers' token fires no earlier than this one, and the channel needs no registration for either.
            if (!token.CanBeCanceled || channel.SignalOf(token) != ServiceSignal.None)
            {
                token = stopping;
            }
            else
            {
                observes = true;
                _stopping = stopping.UnsafeRegister(s_onStopping, this);
            }
        }

        TimeSpan timeout = Connection.ReceiveTimeout;
        if (timeout == TimeSpan.Zero)
        {
            timeout = Timeout.InfiniteTimeSpan;
        }

        if (_deadline.IsInfinite && timeout != Timeout.InfiniteTimeSpan)
        {
            _deadline = Deadline.After(timeout);
        }

        IoTask receiving = channel.ReceiveAsync(this, TimeLeft(_deadline, timeout), token);
        if (observes)
        {
            EndRegistration(ref receiving);
        }

        return receiving;
    }

    /// <summary>A receive that has ended needs no registration, and one that has begun after the token fired is ended here.</summary>
    private void EndRegistration(ref IoTask receiving)
    {
        if (receiving.HasEnded)
        {
            Unregister();
        }
        else if (Connection.Stopping.IsCancellationRequested)
        {
            Connection.Channel.CancelReceive();
        }
    }

    private void Unregister()
    {
        // Unregister does not wait for a callback that runs at this moment. A late one ends a receive as cancelled, which then begins anew.
        _stopping.Unregister();
        _stopping = default;
    }

    private void Await(IoTask receiving)
    {
        _receiving = receiving.Pending;
        receiving.OnEnded(s_onReceived, this);
    }

    private void OnReceived()
    {
        _handedOut = 0;
        NoteWaited();
        if (_stopping != default)
        {
            Unregister();
        }

        bool isCanceled = false;
        Exception? fault;
        ReadOnlySequence<byte>? message = null;
        try
        {
            IoResult outcome = IoTask.Take(_receiving!);
            isCanceled = outcome.Status == ChannelStatus.Canceled;
            fault = Note(outcome, isLast: false, _cancellationToken);
        }
        catch (Exception exception)
        {
            // There was no memory to lend: no byte is lost.
            _bytes.TakeBack();
            fault = exception;
        }

        if (fault is not null || Advance(out message, out fault))
        {
            // The code behind a cancelled receive must not run inside the call that has cancelled it, or make it wait.
            Complete(message, fault, isCanceled);
        }
    }

    private void Complete(ReadOnlySequence<byte>? message, Exception? fault, bool asynchronously)
    {
        _handedOut++;
        _cancellationToken = default;
        _core.RunContinuationsAsynchronously = asynchronously;
        if (fault is null)
        {
            _hasMessage = message is not null;
            _core.SetResult(message.GetValueOrDefault());
        }
        else
        {
            _core.SetException(fault);
        }
    }
}
