using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tls;

/// <summary>Receiving. Whoever receives takes ciphertext from the inner channel and feeds the session with it.</summary>
internal sealed partial class TlsChannel
{
    private int _isReceiving;
    private TlsReceive? _spareReceive;

    /// <summary>The receive under way was cancelled. It looks here before it waits again.</summary>
    private volatile bool _isReceiveCanceled;

    /// <summary>The engine may write to the session's buffer.</summary>
    private bool _isLent;

    /// <summary>The inner channel has something to read, as a wait has found.</summary>
    private bool _isInnerReadable;

    /// <summary>Whether the attempt under way may ask the inner channel. An async receive waits there by itself.</summary>
    private bool _mayPump = true;

    private bool _hasEnded;

    /// <summary>Whether a byte of the application has ever come. A peer that refuses this side's certificate sends none.</summary>
    private bool _hasPlaintext;

    private SocketError _failure;
    private Exception? _broken;

    public override bool IsReceiving => Volatile.Read(ref _isReceiving) != 0;

    public override void CancelReceive()
    {
        _isReceiveCanceled = true;
        _inner.CancelReceive();
    }

    Memory<byte> IMemoryLender.Lend()
    {
        lock (_reading)
        {
            _isLent = true;

            // After the close nobody feeds the session, so it does not matter where bytes go.
            return _isSessionOver ? new byte[1] : _session.Input();
        }
    }

    void IMemoryLender.TakeBack()
    {
        lock (_reading)
        {
            _isLent = false;
        }
    }

    /// <summary>Takes what is decrypted already. WouldBlock: nothing is.</summary>
    internal IoResult AttemptWithoutInner(Span<byte> buffer, ReceiveKind kind, ref int done)
    {
        _mayPump = false;
        try
        {
            return Attempt(buffer, kind, ref done);
        }
        finally
        {
            _mayPump = true;
        }
    }

    /// <summary>Waits for ciphertext that the session may want. The caller is the only receive.</summary>
    internal IoTask ReceiveCiphertextAsync(TimeSpan timeout, CancellationToken cancellationToken) =>
        _isReceiveCanceled
            ? new(IoResult.Ended(ChannelStatus.Canceled))
            : _inner.ReceiveAsync((IMemoryLender)this, timeout, cancellationToken);

    /// <summary>
    /// Ciphertext has come into the lent buffer, or the wait for it has ended. Returns how the receive has to end, if so.
    /// </summary>
    internal IoResult TakeCiphertext(IoResult received)
    {
        bool isReadable = false;
        lock (_reading)
        {
            _isLent = false;
            if (received.IsSuccess && !IsClosing)
            {
                _session.Feed(received.Count);
                isReadable = _session.IsReadable;
                NoteRecord();
            }
        }

        if (isReadable)
        {
            _waiters.End(this, readable: true, writable: false);
        }

        if (IsClosing)
        {
            EndSession();
            return IoResult.Ended(ChannelStatus.Closed);
        }

        return received.Status == ChannelStatus.Failed ? Fail(received.Error, 0) : received;
    }

    internal void EndReceive() => ExitReceive();

    internal void Recycle(TlsReceive operation) => Volatile.Write(ref _spareReceive, operation);

    protected override bool TryEnterReceive(out IoResult refusal)
    {
        if (!IsClosing && Interlocked.CompareExchange(ref _isReceiving, 1, 0) == 0)
        {
            _isReceiveCanceled = false;
            refusal = default;
            return true;
        }

        refusal = IoResult.Ended(IsClosing ? ChannelStatus.Closed : ChannelStatus.Busy);
        return false;
    }

    /// <summary>A full fence: this thread sees a caller who waits, or that caller sees that no receive is under way.</summary>
    protected override void ExitReceive()
    {
        Interlocked.Exchange(ref _isReceiving, 0);
        if (IsToLook)
        {
            LookAgain();
        }
    }

    protected override IoTask ReceiveEnteredAsync(
        ReceiveTarget target, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        TlsReceive operation = Interlocked.Exchange(ref _spareReceive, null) ?? new TlsReceive(this);
        return operation.Start(target, kind, timeout, cancellationToken);
    }

    protected override IoResult AttemptNothing(bool wait)
    {
        lock (_reading)
        {
            return IsReadableNow() || (_mayPump && Pump()) ? default : IoResult.Ended(ChannelStatus.WouldBlock);
        }
    }

    protected override int ReceiveOnce(Span<byte> buffer, bool wait, bool peek, out SocketError error)
    {
        lock (_reading)
        {
            error = SocketError.Success;
            if (_isSessionOver)
            {
                error = SocketError.OperationAborted;
                return -1;
            }

            if (!IsReadableNow() && !(_mayPump && Pump()))
            {
                error = SocketError.WouldBlock;
                return -1;
            }

            return _failure != SocketError.Success ? TellFailure(out error)
                : peek || _peekedCount > 0 ? TakePeeked(buffer, peek, out error)
                : TakePlaintext(buffer, out error);
        }
    }

    protected override bool AwaitReadable(Deadline deadline)
    {
        lock (_reading)
        {
            if (IsReadableNow())
            {
                return true;
            }
        }

        _isInnerReadable = _inner.WaitReadable(deadline.Remaining()) && !deadline.HasPassed;
        return _isInnerReadable;
    }

    /// <summary>Whether a receive would not wait, as far as the session knows. Called under the lock.</summary>
    private bool IsReadableNow() =>
        _isSessionOver || _peekedCount > 0 || _hasEnded || _failure != SocketError.Success || (_isReady && _session.IsReadable);

    /// <summary>
    /// Feeds the session with what the inner channel has. True: a receive would not wait any more. Called under the lock, by the receive
    /// under way, or while there is none.
    /// </summary>
    private bool Pump()
    {
        bool isKnown = _isInnerReadable;
        _isInnerReadable = false;
        while (true)
        {
            if (!isKnown && !_session.HoldsBuffer && !_inner.WaitReadable(TimeSpan.Zero))
            {
                // Asked first, because the session would take a buffer for nothing.
                return false;
            }

            isKnown = false;
            IoResult received = _inner.Receive(_session.Input().Span, ReceiveKind.Some, TimeSpan.Zero);
            if (!received.IsSuccess)
            {
                return NoteInnerFailure(received);
            }

            _session.Feed(received.Count);
            NoteRecord();
            if (_session.IsReadable)
            {
                return true;
            }
        }
    }

    private bool NoteInnerFailure(IoResult received)
    {
        if (received.Status is ChannelStatus.Failed or ChannelStatus.Closed)
        {
            _failure = received.Status == ChannelStatus.Failed ? received.Error : SocketError.OperationAborted;
            return true;
        }

        return false;
    }

    private int TakePlaintext(Span<byte> buffer, out SocketError error)
    {
        error = SocketError.Success;
        if (_hasEnded)
        {
            return 0;
        }

        int count;
        try
        {
            count = _session.Read(buffer);
        }
        catch (Exception exception)
        {
            // SslStream throws several types for records that are invalid, for alerts, and for an end inside a record.
            Break(exception);
            return TellFailure(out error);
        }

        if (count > 0)
        {
            _hasPlaintext = true;
            return count;
        }

        if (_session.IsTruncated && !MayTruncate)
        {
            Break(null);
            return TellFailure(out error);
        }

        _hasEnded = true;
        return 0;
    }

    /// <summary>Whether an end without close_notify is one of the data. A refusal of this side's certificate looks the same.</summary>
    private bool MayTruncate => _handshake.AllowTruncation && (_hasPlaintext || !_handshake.MayBeRefusedLater);

    /// <summary>No further byte can be received. An end without close_notify is told as an abort: bytes may be missing.</summary>
    private void Break(Exception? exception)
    {
        _broken = exception;
        _failure = _session.IsTruncated ? SocketError.ConnectionAborted : SocketError.SocketError;
        Signal.Close(CloseReason.Error);
    }

    /// <summary>What every receive returns once one has failed.</summary>
    private int TellFailure(out SocketError error)
    {
        error = _failure;
        return -1;
    }
}
