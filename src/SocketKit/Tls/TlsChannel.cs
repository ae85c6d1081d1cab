using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine;
using SocketKit.Engine.Streams;

namespace SocketKit.Tls;

/// <summary>
/// TLS around another channel, which moves the ciphertext. Its send queue, receive rule, counters and close reasons are its own, and are
/// those of the plaintext.
/// </summary>
/// <remarks>
/// Two locks guard the session. Nothing waits under them, and no user code runs under them. Whoever needs both takes <c>_reading</c>
/// first.
/// </remarks>
internal sealed partial class TlsChannel : QueuedStream, IReadinessOwner, ICiphertextSink, IMemoryLender
{
    private readonly StreamChannel _inner;
    private readonly TlsHandshake _handshake;

    [SuppressMessage("Performance", "CA1859", Justification = "The interface is what another TLS would replace.")]
    private readonly ITlsSession _session;

    private readonly Lock _reading = new();
    private readonly Lock _writing = new();
    private int _isWatching;

    /// <param name="inner">The channel that moves the bytes, which this one owns from now on.</param>
    /// <param name="handshake">The role, and what is checked.</param>
    public TlsChannel(StreamChannel inner, TlsHandshake handshake)
    {
        _inner = inner;
        _handshake = handshake;
        Service = inner.Service;
        _session = new SslStreamSession(this);
        BeginHandshake();
    }

    /// <summary>What both sides have agreed on; null before that.</summary>
    public TlsInfo? Info { get; private set; }

    public override SocketEngine Engine => _inner.Engine;

    public override Socket Socket => _inner.Socket;

    public override EndPoint? LocalEndPoint => _inner.LocalEndPoint;

    public override EndPoint? RemoteEndPoint => _inner.RemoteEndPoint;

    public override bool NeedsGuard => _inner.NeedsGuard;

    public override int UnreadBytes => _peekedCount + _inner.UnreadBytes;

    public override int UnsentBytes => _inner.UnsentBytes;

    public override long BytesTaken => _inner.BytesTaken;

    public override Dispatch Dispatch
    {
        get => _inner.Dispatch;
        set => _inner.Dispatch = value;
    }

    public override CancellationToken Closed
    {
        get
        {
            CancellationToken token = Signal.Token;
            if (Interlocked.Exchange(ref _isWatching, 1) == 0)
            {
                _inner.Closed.UnsafeRegister(static state => ((TlsChannel)state!).OnInnerClosed(), this);
                LookAgain();
            }

            return token;
        }
    }

    public override bool TryEnter() => _inner.TryEnter();

    public override void Leave() => _inner.Leave();

    public override void Run(IThreadPoolWorkItem handler) => _inner.Run(handler);

    public override void RunLater(IThreadPoolWorkItem work) => _inner.RunLater(work);

    public override bool TryReadOption(int level, int name, Span<byte> value) => _inner.TryReadOption(level, name, value);

    public override SafeSocketHandle DuplicateHandle() => _inner.DuplicateHandle();

    public override void KeepWhileWatched(object keeper)
    {
        base.KeepWhileWatched(keeper);
        _inner.KeepWhileWatched(keeper);
    }

    public override void CancelServed(ServiceSignal signal)
    {
        _inner.CancelServed(signal);
        _waiters.CancelServed(this, signal);
        Volatile.Read(ref _send)?.CancelServed(signal);
    }

    public override IoResult SendHandles(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, TimeSpan timeout) =>
        IoResult.Failed(SocketError.OperationNotSupported);

    public override ValueTask<IoResult> SendHandlesAsync(
        ReadOnlyMemory<byte> data, int[] descriptors, TimeSpan timeout, CancellationToken cancellationToken) =>
        new(IoResult.Failed(SocketError.OperationNotSupported));

    public override IoResult ReceiveHandles(Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, TimeSpan timeout) =>
        IoResult.Failed(SocketError.OperationNotSupported);

    private void OnInnerClosed()
    {
        // The end of the transport is an end of the data only if close_notify has come before it. Whoever reads finds out.
        if (_inner.CloseReason == CloseReason.PeerFinished)
        {
            LookAgain();
        }
        else
        {
            Signal.Close(_inner.CloseReason);
        }
    }
}
