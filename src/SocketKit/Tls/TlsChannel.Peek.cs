using System.Buffers;
using System.Net.Sockets;

namespace SocketKit.Tls;

/// <summary>Plaintext that was looked at and not received. Guarded by the lock for reading.</summary>
internal sealed partial class TlsChannel
{
    private byte[]? _peeked;
    private int _peekedAt;
    private volatile int _peekedCount;

    /// <summary>The plaintext of the record that comes first. Those behind it are counted when it has been received.</summary>
    public override int CountAvailable(Socket socket)
    {
        lock (_reading)
        {
            bool isToLook = _isReady && _peekedCount == 0 && !_hasEnded && !IsReceiving;
            if (isToLook && (IsReadableNow() || Pump()) && _failure == SocketError.Success)
            {
                TakePeeked(default, peek: true, out _);
            }

            return _peekedCount;
        }
    }

    /// <summary>Copies from the buffer of a peek, which later receives empty first.</summary>
    private int TakePeeked(Span<byte> buffer, bool peek, out SocketError error)
    {
        if (_peekedCount == 0)
        {
            _peeked ??= ArrayPool<byte>.Shared.Rent(MostPerRecord);
            int count = TakePlaintext(_peeked.AsSpan(0, MostPerRecord), out error);
            if (count <= 0)
            {
                ReturnPeeked();
                return count;
            }

            (_peekedAt, _peekedCount) = (0, count);
        }

        error = SocketError.Success;
        int taken = Math.Min(buffer.Length, _peekedCount);
        _peeked.AsSpan(_peekedAt, taken).CopyTo(buffer);
        if (!peek)
        {
            _peekedAt += taken;
            _peekedCount -= taken;
            if (_peekedCount == 0)
            {
                ReturnPeeked();
            }
        }

        return taken;
    }

    private void ReturnPeeked()
    {
        _peekedCount = 0;
        if (_peeked is { } peeked)
        {
            _peeked = null;
            ArrayPool<byte>.Shared.Return(peeked);
        }
    }
}
