using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tls;

/// <summary>
/// Waiting without receiving. A receive under way looks at what comes, and tells those who wait. While there is none, one driver looks:
/// it waits for the inner channel, and feeds the session until something is readable.
/// </summary>
internal sealed partial class TlsChannel
{
    /// <summary>
    /// How long a thread polls the inner channel at a time. A receive that begins meanwhile may take the bytes that the poll waits for,
    /// and leave a part of the plaintext.
    /// </summary>
    private static readonly TimeSpan s_pollTime = TimeSpan.FromMilliseconds(50);

    private ReadinessWaiters _waiters;

    /// <summary>Whether a driver is under way. Guarded by the lock for reading.</summary>
    private bool _isDriving;

    ref ReadinessWaiters IReadinessOwner.Waiters => ref _waiters;

    /// <summary>Whether anybody wants to know what comes, beside a receive.</summary>
    private bool IsToLook => !_waiters.IsEmpty || (Signal.IsWatched && !Signal.HasFired);

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken) =>
        _waiters.WaitAsync(this, SelectMode.SelectRead, cancellationToken);

    public override IoTask WaitWritableAsync(CancellationToken cancellationToken) => _isFlushing
        ? _waiters.WaitAsync(this, SelectMode.SelectWrite, cancellationToken)
        : _inner.WaitWritableAsync(cancellationToken);

    public override bool WaitReadable(TimeSpan timeout)
    {
        var deadline = Deadline.After(timeout);
        while (true)
        {
            bool isOver = deadline.HasPassed;
            bool drives = false;
            lock (_reading)
            {
                if (IsReadableNow() || (!IsReceiving && _isReady && Pump()))
                {
                    break;
                }

                if (!isOver && !IsReceiving && !_isDriving)
                {
                    drives = _isDriving = true;
                }
            }

            if (isOver)
            {
                return false;
            }

            if (!drives)
            {
                return WaitOn(SelectMode.SelectRead, deadline);
            }

            PollInner(deadline);
        }

        Tell();
        return true;
    }

    public override bool WaitWritable(TimeSpan timeout) =>
        _isFlushing ? WaitOn(SelectMode.SelectWrite, Deadline.After(timeout)) : _inner.WaitWritable(timeout);

    bool IReadinessOwner.StartReadableWait()
    {
        lock (_reading)
        {
            if (IsReadableNow())
            {
                return false;
            }

            if (IsReceiving || _isDriving)
            {
                return true;
            }

            _isDriving = true;
        }

        _ = DriveAsync();
        return true;
    }

    bool IReadinessOwner.StartWritableWait() => _isFlushing;

    /// <summary>Waits for the inner channel on this thread, as the driver.</summary>
    private void PollInner(Deadline deadline)
    {
        TimeSpan left = deadline.Remaining();
        bool isLonger = left == Timeout.InfiniteTimeSpan || left > s_pollTime;
        try
        {
            _inner.WaitReadable(isLonger ? s_pollTime : left);
        }
        finally
        {
            lock (_reading)
            {
                _isDriving = false;
            }

            if (IsToLook)
            {
                LookAgain();
            }
        }
    }

    /// <summary>Waits on this thread, among those who wait without one.</summary>
    private bool WaitOn(SelectMode mode, Deadline deadline)
    {
        using var limit = new CancellationTokenSource();
        Task<IoResult> waiting = _waiters.WaitAsync(this, mode, limit.Token).AsOutcome().AsTask();
        BlockingWait.Announce();
        while (!waiting.Wait(deadline.NextWaitMilliseconds()))
        {
            if (deadline.HasPassed)
            {
                limit.Cancel();
                waiting.Wait();
            }
        }

        return waiting.Result.Status != ChannelStatus.Canceled;
    }

    /// <summary>A receive has ended, or somebody wants to know what comes: sees to it that somebody looks.</summary>
    private void LookAgain()
    {
        bool isReadable;
        lock (_reading)
        {
            isReadable = IsReadableNow();
            if (!isReadable)
            {
                if (IsReceiving || _isDriving)
                {
                    return;
                }

                _isDriving = true;
            }
        }

        if (isReadable)
        {
            Tell();
        }
        else
        {
            _ = DriveAsync();
        }
    }

    /// <summary>Feeds the session while somebody waits and nobody receives.</summary>
    private async Task DriveAsync()
    {
        while (true)
        {
            bool isReadable;
            lock (_reading)
            {
                isReadable = IsReadableNow() || (!IsReceiving && Pump());
                if (isReadable || IsReceiving || IsClosing || !IsToLook)
                {
                    // The end of a receive starts the next driver.
                    _isDriving = false;
                    break;
                }
            }

            await _inner.WaitReadableAsync(CancellationToken.None).AsOutcome().ConfigureAwait(false);
        }

        Tell();
    }

    /// <summary>Ends the waits if something is readable, and looks whether it is the end if somebody watches for that.</summary>
    private void Tell()
    {
        SocketError failure = SocketError.Success;
        bool hasEnded = false;
        lock (_reading)
        {
            if (!IsReadableNow())
            {
                return;
            }

            if (Signal.IsWatched && !Signal.HasFired && !IsReceiving && !_isSessionOver)
            {
                if (_peekedCount == 0 && !_hasEnded && _failure == SocketError.Success)
                {
                    TakePeeked(default, peek: true, out failure);
                }

                (hasEnded, failure) = (_hasEnded, _failure);
            }
        }

        if (failure != SocketError.Success)
        {
            Fail(failure, 0);
        }
        else if (hasEnded)
        {
            EndOfStream();
        }

        _waiters.End(this, readable: true, writable: false);
    }
}
