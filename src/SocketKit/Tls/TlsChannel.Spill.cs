using System.Buffers;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tls;

/// <summary>The spill: ciphertext that was made and that the kernel has not taken yet. Guarded by the lock for writing.</summary>
internal sealed partial class TlsChannel
{
    private static readonly Action<object?> s_onFlushed = static state => ((TlsChannel)state!).OnFlushed();

    private byte[]? _spill;
    private int _spillAt;
    private int _spillCount;

    /// <summary>Whether the inner channel sends the spill.</summary>
    private volatile bool _isFlushing;

    /// <summary>That send of the inner channel, while it waits.</summary>
    private object? _flushing;

    /// <summary>Sends of the inner channel that nobody waits for: the spill, and what went behind it.</summary>
    private int _innerSends;

    /// <summary>Set by a close that waits for those sends.</summary>
    private TaskCompletionSource? _sent;

    void ICiphertextSink.Send(ReadOnlySpan<byte> ciphertext)
    {
        lock (_writing)
        {
            if (_sendFailure != SocketError.Success)
            {
                return;
            }

            int sent = _spillCount == 0 ? TrySendInner(ciphertext) : 0;
            if (_sendFailure == SocketError.Success && sent < ciphertext.Length)
            {
                AddToSpill(ciphertext[sent..]);
            }
        }
    }

    /// <summary>Whether nothing of an earlier record is left. Pushes it, unless the inner channel does.</summary>
    private bool CanMakeRecord(out SocketError error)
    {
        error = _sendFailure;
        if (error == SocketError.Success && _spillCount > 0)
        {
            if (!_isFlushing)
            {
                int sent = TrySendInner(_spill.AsSpan(_spillAt, _spillCount));
                _spillAt += sent;
                _spillCount -= sent;
                error = _sendFailure;
            }

            if (error == SocketError.Success)
            {
                if (_spillCount > 0)
                {
                    error = SocketError.WouldBlock;
                }
                else
                {
                    ReturnSpill();
                }
            }
        }

        return error == SocketError.Success;
    }

    /// <summary>Called under the lock for writing. Returns what the kernel has taken.</summary>
    private int TrySendInner(ReadOnlySpan<byte> ciphertext)
    {
        IoResult outcome = _inner.Send(ciphertext, TimeSpan.Zero);
        _sendFailure = outcome.Status switch
        {
            ChannelStatus.Success or ChannelStatus.WouldBlock => SocketError.Success,
            ChannelStatus.Failed => outcome.Error,
            _ => SocketError.OperationAborted,
        };
        return outcome.Count;
    }

    private void AddToSpill(ReadOnlySpan<byte> ciphertext)
    {
        if (_isFlushing)
        {
            // close_notify, or an answer to the peer's KeyUpdate. The inner channel sends it behind what it is sending.
            _ = SendBehindAsync(ciphertext.ToArray());
            return;
        }

        if (_spillCount == 0)
        {
            _spillAt = 0;
            _spill = ArrayPool<byte>.Shared.Rent(ciphertext.Length);
        }
        else if (_spill!.Length - _spillAt - _spillCount < ciphertext.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(_spillCount + ciphertext.Length);
            _spill.AsSpan(_spillAt, _spillCount).CopyTo(larger);
            ArrayPool<byte>.Shared.Return(_spill);
            (_spill, _spillAt) = (larger, 0);
        }

        ciphertext.CopyTo(_spill.AsSpan(_spillAt + _spillCount));
        _spillCount += ciphertext.Length;
    }

    private void ReturnSpill()
    {
        if (_spill is { } spill)
        {
            (_spill, _spillAt, _spillCount) = (null, 0, 0);
            ArrayPool<byte>.Shared.Return(spill);
        }
    }

    /// <summary>Leaves the spill to the inner channel. Returns whether that sends it.</summary>
    internal bool StartFlush()
    {
        lock (_writing)
        {
            if (_spillCount > 0 && !_isFlushing)
            {
                _isFlushing = true;
                IoTask flushing = StartInnerSend(_spill.AsMemory(_spillAt, _spillCount));
                if (flushing.IsPending)
                {
                    _flushing = flushing.Pending;
                    flushing.OnEnded(s_onFlushed, this);
                }
                else
                {
                    EndFlush(flushing.Outcome);
                }
            }

            return _isFlushing;
        }
    }

    private void OnFlushed()
    {
        object flushing = _flushing!;
        _flushing = null;
        EndFlush(IoTask.Take(flushing));
    }

    private void EndFlush(IoResult outcome)
    {
        lock (_writing)
        {
            ReturnSpill();
            _isFlushing = false;
            EndInnerSend(outcome);
        }

        Volatile.Read(ref _send)?.EndWait();
        _waiters.End(this, readable: false, writable: true);
    }

    private async Task SendBehindAsync(byte[] ciphertext)
    {
        IoResult outcome = await StartInnerSend(ciphertext).AsOutcome().ConfigureAwait(false);
        lock (_writing)
        {
            EndInnerSend(outcome);
        }
    }

    private IoTask StartInnerSend(ReadOnlyMemory<byte> ciphertext)
    {
        _innerSends++;
        return _inner.SendAsync(ciphertext, Timeout.InfiniteTimeSpan, CancellationToken.None);
    }

    /// <summary>Called under the lock for writing.</summary>
    private void EndInnerSend(IoResult outcome)
    {
        if (!outcome.IsSuccess)
        {
            _sendFailure = outcome.Status == ChannelStatus.Failed ? outcome.Error : SocketError.OperationAborted;
        }

        if (--_innerSends > 0)
        {
            return;
        }

        if (_isToShut && _sendFailure == SocketError.Success)
        {
            // Without an error of the send before it, a failure means that the connection is over, which a receive reports.
            ShutInner();
        }

        _sent?.TrySetResult();
    }
}
