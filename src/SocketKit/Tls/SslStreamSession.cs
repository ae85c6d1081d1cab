using System.Diagnostics.CodeAnalysis;
using System.Net.Security;

namespace SocketKit.Tls;

/// <summary>
/// TLS by SslStream. One read of zero bytes is always under way: it ends when plaintext is there, and the read that follows it takes that
/// without waiting. So no read of SslStream is ever cancelled.
/// </summary>
[SuppressMessage("Usage", "CA2213", Justification = "The transport holds nothing that needs to be disposed; Dispose ends it.")]
internal sealed class SslStreamSession : ITlsSession
{
    private readonly PullStream _transport;
    private readonly SslStream _stream;
    private ValueTask<int> _readable;
    private bool _isAsking;
    private Exception? _failure;

    public SslStreamSession(ICiphertextSink sink)
    {
        _transport = new PullStream(sink);
        _stream = new SslStream(_transport, leaveInnerStreamOpen: true);
    }

    public bool IsReadable
    {
        [SuppressMessage("Reliability", "CA2012", Justification = "Read takes it once; until then it is only looked at.")]
        get
        {
            if (!_isAsking)
            {
                _readable = _stream.ReadAsync(Memory<byte>.Empty, CancellationToken.None);
                _isAsking = true;
            }

            return _readable.IsCompleted;
        }
    }

    public bool HoldsBuffer => _transport is { IsWaiting: true, Waiting.IsEmpty: false };

    public bool IsInsideRecord { get; private set; }

    public bool IsTruncated { get; private set; }

    public async Task<TlsInfo> AuthenticateAsync(
        TlsHandshake handshake, HandshakeTransport transport, CancellationToken cancellationToken)
    {
        _transport.Handshake = transport;
        await handshake.AuthenticateAsync(_stream, cancellationToken).ConfigureAwait(false);
        _transport.Handshake = null;
        return handshake.InfoOf(_stream);
    }

    public Memory<byte> Input()
    {
        if (!IsReadable && _transport.Waiting.IsEmpty)
        {
            // SslStream now takes a buffer, and reads into it.
            _transport.Feed(0);
        }

        return _transport.IsWaiting ? _transport.Waiting : default;
    }

    public void Feed(int count)
    {
        _transport.Feed(count);
        IsInsideRecord = HoldsBuffer;
    }

    public int Read(Span<byte> buffer)
    {
        if (_failure is { } failure)
        {
            throw failure;
        }

        try
        {
            _ = _readable.Result;
            _isAsking = false;
            int count = _stream.Read(buffer);
            if (count == 0)
            {
                IsTruncated = _transport.HasToldEnd;
            }

            return count;
        }
        catch (Exception exception)
        {
            // The session is broken. The task must not be taken twice.
            _failure = exception;
            IsTruncated = _transport.HasToldEnd;
            throw;
        }
    }

    public void Write(ReadOnlySpan<byte> plaintext) => _stream.Write(plaintext);

    public void Finish()
    {
        // There is no call without a task. The transport never waits, so the task has ended.
        _stream.ShutdownAsync().GetAwaiter().GetResult();
    }

    public void Dispose()
    {
        _transport.End();
        if (_isAsking && _failure is null && _readable.IsCompleted)
        {
            _isAsking = false;
            _ = _readable.AsTask().Exception;
        }

        _stream.Dispose();
    }
}
