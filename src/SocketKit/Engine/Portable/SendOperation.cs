using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

/// <summary>
/// One send that met a full kernel buffer. It waits by sending a single byte: either it went or it did not, so the count stays exact
/// where cancelling a larger BCL send would lose it. Then it goes on without waiting.
/// </summary>
[SuppressMessage("Reliability", "CA1001", Justification = "The interruption is disposed by Complete whenever it cannot be reused; an idle one holds no timer.")]
internal sealed class SendOperation : IoTaskSource
{
    private readonly PortableStream _channel;
    private readonly Action _resume;

    /// <summary>What .NET sends is ours: the caller's memory might throw on a thread that has nobody to tell.</summary>
    private readonly byte[] _waiting = new byte[1];
    private ReadOnlyMemory<byte> _data;
    private int _sent;
    private long _before;
    private bool _isWholeMessage;
    private Deadline _deadline;
    private CancellationToken _cancellationToken;
    private CancellationTokenSource? _interruption;
    private CancellationTokenRegistration _registration;
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _byte;

    public SendOperation(PortableStream channel)
    {
        _channel = channel;
        _resume = Resume;
    }

    public IoTask Start(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken)
    {
        _data = data;
        _sent = sent;
        _before = before;
        _isWholeMessage = isWholeMessage;
        _deadline = deadline;
        _cancellationToken = cancellationToken;
        _channel.BeginPending(this);
        IoTask pending = Task;
        if (!deadline.IsInfinite || !_channel.OwnsSocket)
        {
            ArmInterruption();
            _registration = cancellationToken.UnsafeRegister(static state => ((SendOperation)state!).Interrupt(), this);
        }

        Continue();
        return pending;
    }

    /// <summary>Wakes the wait; the operation finds out why.</summary>
    public void Interrupt()
    {
        try
        {
            _interruption?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The operation has just replaced or ended its source: there is nothing left to interrupt.
        }
    }

    protected override void Recycle() => _channel.Recycle(this);

    private void Continue()
    {
        while (true)
        {
            _channel.SuspendSending(_before + _sent);
            if (_channel.IsClosing)
            {
                Finish(IoResult.Ended(ChannelStatus.Closed, _sent));
                return;
            }

            if (!TryCopyNext())
            {
                Finish(IoResult.Ended(ChannelStatus.Failed, _sent));
                return;
            }

            try
            {
                CancellationToken token = _interruption?.Token ?? _cancellationToken;
                _byte = _channel.Socket.SendAsync(_waiting, SocketFlags.None, token).ConfigureAwait(false).GetAwaiter();
            }
            catch (ObjectDisposedException)
            {
                // Closed since the look above, by this library or behind its back.
                Finish(IoResult.Ended(ChannelStatus.Closed, _sent));
                return;
            }

            if (!_byte.IsCompleted)
            {
                _byte.UnsafeOnCompleted(_resume);
                return;
            }

            if (!TakeByte())
            {
                return;
            }
        }
    }

    private void Resume()
    {
        if (TakeByte())
        {
            Continue();
        }
    }

    /// <summary>Takes the outcome of the one byte and sends what follows without waiting. False when the operation has ended.</summary>
    private bool TakeByte()
    {
        try
        {
            int sent = _byte.GetResult();
            _channel.CountSent(sent);
            _sent += sent;
        }
        catch (OperationCanceledException)
        {
            // The caller's token, the deadline or a close; the byte did not go out.
            return TakeInterruption();
        }
        catch (ObjectDisposedException)
        {
            // Closed while the byte waited, where .NET says so by this and not by OperationAborted.
            Finish(IoResult.Ended(ChannelStatus.Closed, _sent));
            return false;
        }
        catch (SocketException exception)
        {
            // The connection is gone, or this channel was closed meanwhile: the channel tells which, and notes the loss.
            Finish(_channel.FailSend(exception.SocketErrorCode, _sent));
            return false;
        }

        IoResult outcome = _sent == _data.Length ? new IoResult(_sent)
            : _channel.ResumeSending() ? AttemptRest()
            : IoResult.Ended(ChannelStatus.Closed, _sent);
        if (outcome.Status == ChannelStatus.WouldBlock)
        {
            return true;
        }

        Finish(outcome);
        return false;
    }

    private bool TryCopyNext()
    {
        try
        {
            _waiting[0] = _data.Span[_sent];
            return true;
        }
        catch (Exception exception)
        {
            // The caller's own memory, as in the attempt below.
            NoteThrown(exception);
            return false;
        }
    }

    private IoResult AttemptRest()
    {
        try
        {
            return _channel.AttemptSend(_data.Span, ref _sent);
        }
        catch (Exception exception)
        {
            // The caller's own memory; nobody else could hear of it on a thread of the pool.
            NoteThrown(exception);
            return IoResult.Ended(ChannelStatus.Failed, _sent);
        }
    }

    private bool TakeInterruption()
    {
        if (_channel.IsClosing)
        {
            Finish(IoResult.Ended(ChannelStatus.Closed, _sent));
        }
        else if (_cancellationToken.IsCancellationRequested)
        {
            Finish(IoResult.Ended(ChannelStatus.Canceled, _sent));
        }
        else if (_deadline.HasPassed)
        {
            // What fits comes before the deadline: the clock may have been ahead of the event.
            IoResult outcome = _channel.ResumeSending() ? AttemptRest() : IoResult.Ended(ChannelStatus.Closed, _sent);
            Finish(outcome.Status == ChannelStatus.WouldBlock ? IoResult.Ended(ChannelStatus.DeadlinePassed, _sent) : outcome);
        }
        else
        {
            // The timer's clock is coarser than ours, and long deadlines are waited for in chunks.
            ArmInterruption();
            if (!_cancellationToken.IsCancellationRequested)
            {
                return true;
            }

            // The token fired between the look above and the new source, so it told the old one.
            Finish(IoResult.Ended(ChannelStatus.Canceled, _sent));
        }

        return false;
    }

    private void ArmInterruption()
    {
        if (_interruption is null || !_interruption.TryReset())
        {
            _interruption?.Dispose();
            _interruption = new CancellationTokenSource();
        }

        int milliseconds = _deadline.NextWaitMilliseconds();
        _interruption.CancelAfter(milliseconds == 0 ? 1 : milliseconds);
    }

    private void Finish(IoResult outcome)
    {
        _registration.Dispose();
        _registration = default;
        if (_interruption is { } interruption && !interruption.TryReset())
        {
            interruption.Dispose();
            _interruption = null;
        }

        _data = default;
        _byte = default;
        _channel.EndPendingSend();
        if (_isWholeMessage)
        {
            _channel.EndMessage(outcome, outcome.IsSuccess);
        }

        Complete(outcome);
    }
}
