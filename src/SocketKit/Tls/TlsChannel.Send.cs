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

    /// <summary>The send that waits for the spill to go; null: none does.</summary>
    private TlsSend? _send;

    private TlsSend? _spareSend;

    /// <summary>Whether the inner channel sends the spill.</summary>
    internal bool IsFlushing => _isFlushing;

    /// <summary>A full fence: a close sees the operation, or the operation sees the close.</summary>
    internal void BeginPending(TlsSend operation) => Interlocked.Exchange(ref _send, operation);

    internal void EndPendingSend() => Volatile.Write(ref _send, null);

    internal void Recycle(TlsSend operation) => Volatile.Write(ref _spareSend, operation);

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
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken)
    {
        TlsSend operation = Interlocked.Exchange(ref _spareSend, null) ?? new TlsSend(this);
        return operation.Start(data, sent, before, isWholeMessage, deadline, cancellationToken);
    }

    protected override bool AwaitWritable(Deadline deadline) => _isFlushing
        ? WaitOn(SelectMode.SelectWrite, deadline)
        : _inner.WaitWritable(deadline.Remaining()) && !deadline.HasPassed;

    protected override bool IsWritableNow() => !_isFlushing && _inner.WaitWritable(TimeSpan.Zero);

    /// <summary>A record of the message under way was made.</summary>
    protected override bool IsPendingSendInDoubt() => Volatile.Read(ref _committed) > 0;

    internal override int TakeCommitted()
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
}
