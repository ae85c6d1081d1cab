using System.Buffers;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tls;

/// <summary>
/// Sending. A record that was made has to go, because records are numbered. What the kernel does not take of it is the spill: at most one
/// record. The message that it belongs to pushes it, and counts its plaintext when it has gone. A message that ends before leaves the
/// spill to the engine, which sends it without a further call.
/// </summary>
internal sealed partial class TlsChannel
{
    /// <summary>The plaintext of one record: RFC 8446, section 5.1. SslStream makes two records of more.</summary>
    private const int MostPerRecord = 16 * 1024;

    /// <summary>
    /// How many bytes at the front of the message under way are in a record that has not gone yet, or was not counted yet.
    /// </summary>
    private int _committed;

    private bool _isFinished;
    private bool _isToShut;
    private SocketError _sendFailure;

    protected override int SendOnce(ReadOnlySpan<byte> data, bool wait, out SocketError error)
    {
        lock (_writing)
        {
            if (!CanMakeRecord(out error))
            {
                return -1;
            }

            if (_committed > 0)
            {
                return TakeCommitted(data.Length);
            }

            if (HasShutSend || _isFinished)
            {
                error = SocketError.Shutdown;
                return -1;
            }

            int length = Math.Min(data.Length, MostPerRecord);
            return MakeRecord(data[..length], out error) ? length : -1;
        }
    }

    protected override int SendGatheredOnce(List<ArraySegment<byte>> segments, out SocketError error)
    {
        byte[] merged = ArrayPool<byte>.Shared.Rent(MostPerRecord);
        try
        {
            int length = 0;
            foreach (ArraySegment<byte> segment in segments)
            {
                ReadOnlySpan<byte> part = segment.AsSpan(0, Math.Min(segment.Count, MostPerRecord - length));
                part.CopyTo(merged.AsSpan(length));
                length += part.Length;
                if (length == MostPerRecord)
                {
                    break;
                }
            }

            return SendOnce(merged.AsSpan(0, length), wait: false, out error);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(merged);
        }
    }

    protected override IoResult SendFirstPart(ReadOnlySpan<byte> data, ReadOnlySpan<int> handles, TimeSpan timeout, Deadline deadline) =>
        IoResult.Failed(SocketError.OperationNotSupported);

    protected override IoTask WaitToSendAsync(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken) =>
        IoTask.Of(SendRestAsync(data, sent, before, isWholeMessage, deadline, cancellationToken));

    protected override bool AwaitWritable(Deadline deadline) => _isFlushing
        ? WaitOn(SelectMode.SelectWrite, deadline)
        : _inner.WaitWritable(deadline.Remaining()) && !deadline.HasPassed;

    protected override bool IsWritableNow() => !_isFlushing && _inner.WaitWritable(TimeSpan.Zero);

    /// <summary>A record of the message under way was made.</summary>
    protected override bool IsPendingSendInDoubt() => Volatile.Read(ref _committed) > 0;

    protected override int TakeCommitted()
    {
        lock (_writing)
        {
            int committed = _committed;
            _committed = 0;
            CountSent(committed);
            StartFlush();
            return committed;
        }
    }

    /// <summary>close_notify behind what was sent, and then the FIN.</summary>
    protected override SocketError ShutdownSendOnce()
    {
        lock (_reading)
        {
            lock (_writing)
            {
                if (_isFinished)
                {
                    return SocketError.Success;
                }

                _isFinished = true;
                FinishSession();
                StartFlush();
                if (_innerSends > 0)
                {
                    _isToShut = true;
                    return SocketError.Success;
                }
            }
        }

        return ShutInner();
    }

    /// <summary>Called under both locks.</summary>
    private void FinishSession()
    {
        try
        {
            _session.Finish();
        }
        catch (Exception)
        {
            // The session has failed before. The FIN that follows says that no more comes, and the peer finds an unclean end.
        }
    }

    private SocketError ShutInner()
    {
        IoResult outcome = _inner.ShutdownSend();
        return outcome.Status switch
        {
            ChannelStatus.Success => SocketError.Success,
            ChannelStatus.Failed => outcome.Error,
            _ => SocketError.OperationAborted,
        };
    }

    /// <summary>The front of the message is in records that have gone.</summary>
    private int TakeCommitted(int most)
    {
        int count = Math.Min(most, _committed);
        _committed -= count;
        return count;
    }

    /// <summary>False: the record was made, and a part of it waits.</summary>
    private bool MakeRecord(ReadOnlySpan<byte> plaintext, out SocketError error)
    {
        try
        {
            _session.Write(plaintext);
        }
        catch (Exception exception)
        {
            // The session has failed, or was closed meanwhile. No further record can be made.
            _sendFailure = IsClosing ? SocketError.OperationAborted : SocketError.SocketError;
            _broken ??= exception;
        }

        error = _sendFailure;
        if (error == SocketError.Success && _spillCount > 0)
        {
            _committed = plaintext.Length;
            error = SocketError.WouldBlock;
        }

        return error == SocketError.Success;
    }

    /// <summary>Waits until the record under way has gone, and sends the rest of the message.</summary>
    private async ValueTask<IoResult> SendRestAsync(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken)
    {
        IoResult outcome;
        try
        {
            do
            {
                SuspendSending(before + sent);
                ChannelStatus waited = await FlushedAsync(deadline, cancellationToken).ConfigureAwait(false);
                outcome = !ResumeSending() ? IoResult.Ended(ChannelStatus.Closed, sent)
                    : waited == ChannelStatus.Success ? AttemptSend(data.Span, ref sent)
                    : GiveUp(waited, data.Length, ref sent);
            }
            while (outcome.Status == ChannelStatus.WouldBlock);
        }
        catch
        {
            // The caller has let go of its memory.
            int stored = sent + TakeCommitted();
            if (isWholeMessage)
            {
                EndMessage(IoResult.Ended(ChannelStatus.Abandoned, stored), isComplete: false);
            }
            else
            {
                SuspendSending(before + stored);
            }

            throw;
        }

        if (isWholeMessage)
        {
            // A message in two parts counts both.
            outcome = new IoResult((int)before + outcome.Count, outcome.Status, outcome.Error);
            EndMessage(outcome, outcome.IsSuccess);
        }

        return outcome;
    }

    /// <summary>The deadline has passed, or the token has fired: what is in a record goes all the same.</summary>
    private IoResult GiveUp(ChannelStatus status, int length, ref int sent)
    {
        sent += TakeCommitted();
        return sent >= length ? new IoResult(sent) : IoResult.Ended(status, sent);
    }

    private async ValueTask<ChannelStatus> FlushedAsync(Deadline deadline, CancellationToken cancellationToken)
    {
        lock (_writing)
        {
            StartFlush();
        }

        if (!_isFlushing)
        {
            return ChannelStatus.Success;
        }

        using CancellationTokenSource? limit =
            deadline.IsInfinite ? null : CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        while (true)
        {
            limit?.CancelAfter(deadline.NextWaitMilliseconds());
            IoResult waited = await _waiters.WaitAsync(this, SelectMode.SelectWrite, limit?.Token ?? cancellationToken)
                .AsOutcome().ConfigureAwait(false);
            if (waited.Status != ChannelStatus.Canceled || cancellationToken.IsCancellationRequested)
            {
                return waited.Status;
            }

            if (limit is null || deadline.HasPassed)
            {
                return ChannelStatus.DeadlinePassed;
            }

            // The clock of timers is coarser than the monotonic one.
            if (!limit.TryReset())
            {
                await Task.Delay(deadline.NextWaitMilliseconds(), CancellationToken.None).ConfigureAwait(false);
                return ChannelStatus.DeadlinePassed;
            }
        }
    }
}
