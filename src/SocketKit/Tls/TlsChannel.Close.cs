using System.Net.Sockets;

namespace SocketKit.Tls;

/// <summary>
/// Closing. Records that were counted as sent go first, as the kernel sends what it has taken. close_notify follows them, and then the FIN.
/// </summary>
internal sealed partial class TlsChannel
{
    /// <summary>How long a peer may take to make room for the last record after the close.</summary>
    private static readonly TimeSpan s_lingerTime = TimeSpan.FromSeconds(5);

    private bool _isSessionOver;
    private bool _isLingering;

    protected override void CloseTransport(bool withReset)
    {
        if (withReset)
        {
            _inner.Abort(CloseReason);
        }
        else if (!TryLinger())
        {
            _inner.Close(CloseReason);
        }
    }

    protected override void EndPending()
    {
        // Operations of this channel wait for the inner one, which has ended theirs.
        Volatile.Read(ref _send)?.EndWait();
        _waiters.EndAll(this);
        EndSession();
    }

    /// <summary>A last call of the session is over.</summary>
    protected override void OnUnused() => EndSession();

    /// <summary>
    /// Frees what the session holds, unless the engine still writes to its buffer; the receive that lent it does it then.
    /// </summary>
    private void EndSession()
    {
        lock (_reading)
        {
            if (_isLent || _isLingering || Info is null)
            {
                return;
            }

            lock (_writing)
            {
                if (!_isSessionOver)
                {
                    _isSessionOver = true;
                    ReturnPeeked();
                    if (!_isFlushing)
                    {
                        ReturnSpill();
                    }

                    _session.Dispose();
                }
            }
        }
    }

    /// <summary>
    /// close_notify goes behind what was sent. What the kernel does not take keeps the inner channel open, for a limited time.
    /// </summary>
    private bool TryLinger()
    {
        bool hasRecord;
        lock (_reading)
        {
            lock (_writing)
            {
                hasRecord = _spillCount > 0;
                if (Info is not null && !_isFinished && _failure == SocketError.Success)
                {
                    _isFinished = true;
                    FinishSession();
                }

                StartFlush();
                if (_innerSends == 0)
                {
                    return false;
                }

                _sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _isLingering = true;
            }
        }

        EndReceives();
        _ = LingerAsync(_sent.Task, hasRecord);
        return true;
    }

    private async Task LingerAsync(Task sent, bool hasRecord)
    {
        await sent.WaitAsync(s_lingerTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (hasRecord && !sent.IsCompleted)
        {
            _inner.Abort(CloseReason.SlowPeer);
        }
        else
        {
            // If only close_notify is left, what the kernel holds still goes, and the peer finds an unclean end behind it.
            _inner.Close(CloseReason);
        }

        lock (_reading)
        {
            _isLingering = false;
        }

        EndSession();
    }

    /// <summary>Wakes every receive that waits in the inner channel, which stays open: shutdown(2), SHUT_RD.</summary>
    private void EndReceives()
    {
        if (!_inner.TryEnter())
        {
            return;
        }

        try
        {
            _inner.Socket.Shutdown(SocketShutdown.Receive);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The connection is over, so no receive waits.
        }
        finally
        {
            _inner.Leave();
        }
    }
}
