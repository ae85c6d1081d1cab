using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

/// <summary>
/// One send that found the kernel's buffer full. It waits in an async send of a single byte, which is sent or not, so the count stays
/// exact. Cancelling a larger send of .NET would lose the count. The rest is then sent without waiting.
/// </summary>
[SuppressMessage(
    "Reliability", "CA1001",
    Justification = "The interruption is disposed by Complete whenever it cannot be reused; an idle one holds no timer.")]
internal sealed class SendOperation : IoTaskSource
{
    private readonly PortableStream _channel;
    private readonly Action _resume;

    /// <summary>
    /// .NET sends from this copy: the caller's memory might throw on a thread of .NET, where no caller would get the exception.
    /// </summary>
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

    /// <summary>Ends the wait; the operation then finds out why.</summary>
    public void Interrupt()
    {
        try
        {
            _interruption?.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The operation has just replaced or ended its source, so no wait is left to interrupt.
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
                // Closed since the check above, by this library or by the socket's owner.
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

    /// <summary>Takes the outcome of the single byte, and sends the rest without waiting. False if the operation has ended.</summary>
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
            // The caller's token, the deadline or a close; the byte was not sent.
            return TakeInterruption();
        }
        catch (ObjectDisposedException)
        {
            // Closed while the byte waited. Here .NET reports that by this exception and not by OperationAborted.
            Finish(IoResult.Ended(ChannelStatus.Closed, _sent));
            return false;
        }
        catch (SocketException exception)
        {
            // The connection is gone, or this channel was closed meanwhile: the channel decides which, and notes the loss.
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
            // The caller's memory threw, as in the attempt below.
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
            // The caller's memory threw. The exception goes to the caller; on a pool thread it would end the process.
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
            // Bytes that fit now count more than the deadline, because the timer may have run before the event.
            IoResult outcome = _channel.ResumeSending() ? AttemptRest() : IoResult.Ended(ChannelStatus.Closed, _sent);
            Finish(outcome.Status == ChannelStatus.WouldBlock ? IoResult.Ended(ChannelStatus.DeadlinePassed, _sent) : outcome);
        }
        else
        {
            // The timer's clock is coarser than the deadline's, and long deadlines are waited for in chunks.
            ArmInterruption();
            if (!_cancellationToken.IsCancellationRequested)
            {
                return true;
            }

            // The token fired between the check above and the new source, so it interrupted the old one.
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
        if (_isWholeMessage && _before > 0)
        {
            // The count of a whole message includes what was sent before these data.
            outcome = new IoResult((int)_before + outcome.Count, outcome.Status, outcome.Error);
        }

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
