using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;
using SocketKit.Sockets;
using SocketKit.Telemetry;
using SocketKit.Tls;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>
/// A connected byte stream over TCP or a Unix socket. Receive and send have three shapes: <c>Xxx(span)</c> waits as the time-outs say,
/// <c>TryXxx</c> never waits, <c>XxxAsync</c> never blocks a thread.
/// </summary>
/// <remarks>
/// One receive at a time: a second one gets <see cref="InvalidOperationException"/>. Concurrent sends are queued whole and never
/// interleave. <see cref="SocketBase.Abort"/> and <see cref="SocketBase.Dispose()"/> may be called from any thread. Do not use a buffer
/// until its call completes, and await each <see cref="ValueTask"/> once.
/// </remarks>
public abstract partial class StreamConnection : SocketBase
{
    private static long s_lastId;

    // ReplaceChannel may change this field (StreamConnection.Upgrade.cs), so each call reads it once.
    private StreamChannel _channel;

    /// <summary>Null on served connections: their service closes and counts them.</summary>
    private readonly OpenConnection? _open;
    private string? _id;

    private protected StreamConnection(StreamChannel channel, SocketOptions? options, Transport transport)
        : base(options?.InitialReceiveTimeout ?? Infinite.InfiniteTimeSpan, options?.InitialSendTimeout ?? Infinite.InfiniteTimeSpan)
    {
        channel.Dispatch = options?.Dispatch ?? Dispatch.Auto;
        _channel = channel;
        _open = channel.Service is null ? new OpenConnection(channel, transport) : null;
    }

    /// <summary>A name for logs that is unique in this process.</summary>
    public string Id
    {
        get
        {
            if (_id is null)
            {
                Interlocked.CompareExchange(ref _id, $"conn-{Interlocked.Increment(ref s_lastId):x}", null);
            }

            return _id;
        }
    }

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint => _channel.LocalEndPoint;

    /// <summary>The peer's address: getpeername(2), read when the connection was made. Readable after close.</summary>
    /// <value>An IPv4-mapped IPv6 address is shown as IPv4. Null if the system did not report it.</value>
    public virtual EndPoint? RemoteEndPoint => _channel.RemoteEndPoint;

    /// <summary>
    /// Why the connection ended; <see cref="SocketKit.CloseReason.None"/> while it is open.
    /// <see cref="SocketKit.CloseReason.PeerFinished"/> may later become the reason for which the other half ended.
    /// </summary>
    public CloseReason CloseReason => _channel.CloseReason;

    /// <summary>
    /// Fires once: when the peer finishes or resets, when the kernel gives up on the peer, or when this side closes. No receive needs to be
    /// pending. After <see cref="SocketKit.CloseReason.PeerFinished"/> alone this side may still send.
    /// </summary>
    /// <value>
    /// Watching starts with the first read of this property. From then until the token fires, the connection stays open even if no
    /// reference to it is left. While bytes from the peer are unread, neither its end nor its reset fires it before the next receive.
    /// Callbacks run on the thread pool, after <see cref="CloseReason"/> was set.
    /// </value>
    public CancellationToken Closed
    {
        get
        {
            CancellationToken token = _channel.Closed;
            if (_open is not null && _channel.NeedsGuard)
            {
                _channel.KeepWhileWatched(_open);
            }

            return token;
        }
    }

    /// <summary>The number of bytes that all receives have taken from the kernel. Peeks do not count. Readable after close.</summary>
    /// <value>
    /// Bytes count when they are taken, so those of a receive whose deadline passes halfway count, too. With TLS they are the bytes of the
    /// application, which are fewer than the encrypted ones.
    /// </value>
    public long BytesReceived => _channel.BytesReceived;

    /// <summary>The number of bytes that all sends, including files, have handed to the kernel. Readable after close.</summary>
    /// <value>
    /// The peer may not have received them yet. With TLS they are the bytes of the application. On the portable engine, a blocking send
    /// without a deadline that fails halfway is not counted, because .NET does not report how many bytes it sent.
    /// </value>
    public long BytesSent => _channel.BytesSent;

    /// <summary>
    /// The number of bytes that sends have been given and the kernel has not taken yet, because the peer does not read or other sends come
    /// first. They are in the callers' memory, but messages of <see cref="MessageChannel.TrySend"/> and flushed bytes of a pipe are
    /// copies. 0 while nothing waits, and after the close.
    /// </summary>
    public long QueuedBytes => Owner?.QueuedBytes ?? _channel.QueuedBytes;

    /// <summary>
    /// Fires when the server that serves this connection begins to stop: it is cancelled no later than the handlers' token. A handler
    /// should then finish its current request and start no new one. All connections of a server share this token, and a receive that waits
    /// with it needs no registration.
    /// </summary>
    /// <value>
    /// <see cref="CancellationToken.None"/> on clients, and on connections that came from the server's <c>Accept</c>, <c>AcceptAsync</c> or
    /// <c>AcceptAllAsync</c>. Callbacks run on the thread pool; those of the two tokens run in any order.
    /// </value>
    public CancellationToken Stopping => _channel.Service?.Stopping ?? CancellationToken.None;

    internal StreamChannel Channel => _channel;

    private protected override bool IsDisposed => _channel.IsClosed;

    private protected override Socket InnerSocket => _channel.Socket;

    private protected override SocketEngine InnerEngine => _channel.Engine;

    /// <summary>
    /// Half-closes the connection: shutdown(2), SHUT_WR. The peer's receive returns 0, and this side can still receive. If the connection
    /// has already ended, this does nothing.
    /// </summary>
    /// <remarks>
    /// Await pending sends first. A send that is in progress, and all sends queued behind it, fail with
    /// <see cref="System.Net.Sockets.SocketError.Shutdown"/>. If part of its message was sent, <see cref="SocketBase.Dispose()"/> then
    /// closes with RST, so that the message does not look complete. A peer that reads before that gets the part, then the end.
    /// </remarks>
    /// <exception cref="InvalidOperationException">
    /// The connection has messages (<see cref="GetMessages"/>) that were not sent yet, so the peer would miss them without a sign. Await
    /// <see cref="MessageChannel.FlushAsync"/> first.
    /// </exception>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public void ShutdownSend()
    {
        if (CloseReason is CloseReason.None or CloseReason.PeerFinished && Owner is { HasUnsent: true } and MessageChannel)
        {
            throw new InvalidOperationException($"{this} has messages that were not sent yet: await FlushAsync before the half-close.");
        }

        IoResult outcome = _channel.ShutdownSend();
        if (!outcome.IsSuccess)
        {
            throw Faults.Of(SocketOperation.Shutdown, outcome, this);
        }
    }

    /// <inheritdoc/>
    public override SafeSocketHandle DuplicateHandle()
    {
        ThrowIfDisposed(Duplicate);
        try
        {
            return _channel.DuplicateHandle();
        }
        catch (SocketException exception)
        {
            // The system's message names neither the operation nor the connection.
            throw Faults.Failed(Duplicate, exception, this);
        }
    }

    /// <summary>
    /// Closes with RST: close(2) with SO_LINGER (on, 0). Unsent bytes are discarded, and the peer's next receive fails; the peer of a Unix
    /// connection, which has no RST, receives the end. Pending calls end
    /// with <see cref="ObjectDisposedException"/>.
    /// </summary>
    public override void Abort() => Abort(CloseReason.LocalAbort);

    /// <summary>Returns a stream that reads and writes this connection, for libraries that need one.</summary>
    /// <param name="leaveOpen">Whether the connection stays open when the stream is disposed.</param>
    /// <returns>
    /// A stream that uses the connection's time-outs. Its failures are <see cref="IOException"/> around the socket's exception. One read
    /// and one write may wait at the same time, including those of <c>BeginRead</c> and <c>BeginWrite</c>, which block no thread. Once
    /// disposed, it refuses every call. Its time-out properties are those of the connection.
    /// </returns>
    /// <exception cref="InvalidOperationException"><see cref="GetPipe"/> or <see cref="GetMessages"/> was called.</exception>
    public Stream GetStream(bool leaveOpen = false)
    {
        _ = Direct;
        return new ConnectionStream(this, leaveOpen);
    }

    internal void Abort(CloseReason reason)
    {
        StreamChannel closed;
        do
        {
            closed = _channel;
            closed.Abort(reason);
        }
        while (WasReplaced(closed));

        _open?.Release();
    }

    /// <summary>The same as <see cref="SocketBase.Dispose()"/>, giving <paramref name="reason"/>.</summary>
    internal void Close(CloseReason reason)
    {
        StreamChannel closed;
        do
        {
            closed = _channel;
            closed.Close(reason, Owner);
        }
        while (WasReplaced(closed));

        _open?.Release();
    }

    /// <summary>Counts the connection as one that this process has opened. Called before the application has it.</summary>
    internal void CountAsClient(in TagList tags) => _open?.CountAsClient(tags);

    internal override string Describe(char arrow) => $"{Faults.Show(LocalEndPoint)} {arrow} {Faults.Show(RemoteEndPoint)}";

    internal override EndPoint? PeerEndPoint => RemoteEndPoint;

    internal override IPollTarget? PollTarget => _channel.PollTarget;

    internal override string? WhyNotPolled(Readiness interest) => Owner switch
    {
        MessageChannel => "its bytes belong to messages, which hold some that the system does not know of.",
        not null => "its bytes belong to a pipe, which holds some that the system does not know of.",
        _ => Channel is TlsChannel ? "it speaks TLS, which holds bytes that the system does not know of." : null,
    };

    private protected override int CountAvailable(Socket socket) => _channel.CountAvailable(socket);

    internal override string? Explain(SocketOperation operation, SocketError error, EndPoint? remote) => _channel.Explain(error);

    internal override Exception? FailureOf(string what, SocketError error)
    {
        Exception? failure = _channel.FailureOf(what, error);
        if (failure is TlsException broken)
        {
            broken.Origin = this;
        }

        return failure;
    }

    internal override string WhyClosed => CloseReason switch
    {
        _ when _channel.IsSendAbandoned || Owner is MessageChannel { IsSendAbandoned: true } =>
            "a cancelled send left part of its message; the connection was aborted",
        _ when Owner is MessageChannel { WhyBroken: { } why } => why,
        CloseReason.IdleTimeout => "the server closed it, because no byte moved within its FirstByteTimeout or IdleTimeout",
        CloseReason.SlowPeer => "it was aborted, because its peer was too slow",
        CloseReason.PeerReset => $"{base.WhyClosed}, after its peer had reset the connection",
        CloseReason.PeerFinished => $"{base.WhyClosed}, after its peer had finished",
        CloseReason.TimedOut => $"{base.WhyClosed}, after the system had given up on its peer",
        CloseReason.LocalAbort when IsBeforeTls => "the connection was aborted during its TLS handshake",
        CloseReason.ServerStopped when IsBeforeTls => "the server has stopped during its TLS handshake",
        CloseReason.Error when IsBeforeTls => "the connection was aborted, because its TLS handshake had failed",
        _ => base.WhyClosed,
    };

    internal override string? WhyBusy => IsBeforeTls ? "the TLS handshake is under way. Await it first" : null;

    internal override void Enter(string operation, string? subject)
    {
        if (!_channel.TryEnter())
        {
            throw Faults.Disposed(operation, subject, this);
        }
    }

    internal override void Leave() => _channel.Leave();

    private protected override IoTask WaitReadableCoreAsync(CancellationToken cancellationToken) =>
        _channel.WaitReadableAsync(cancellationToken);

    /// <summary>
    /// Waits until a send would not have to wait, without blocking a thread and without sending anything. Any number of these waits may run
    /// at the same time, also beside a send, which may take the room first.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: nothing happened.</param>
    /// <returns>
    /// A task that completes when there is room, or an error that the next send reports: poll(2), POLLOUT. Await it once. The portable
    /// engine looks every 1 to 32 ms, because System.Net.Sockets does not report room.
    /// </returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed before or during the call.</exception>
    public ValueTask WaitWritableAsync(CancellationToken cancellationToken = default) =>
        _channel.WaitWritableAsync(cancellationToken).AsDone(this, SocketOperation.Wait, default, cancellationToken);

    private protected override bool WaitReadableCore(TimeSpan timeout) => _channel.WaitReadable(timeout);

    private protected override bool WaitWritableCore(TimeSpan timeout) => _channel.WaitWritable(timeout);

    private protected override void DisposeCore()
    {
        Close(CloseReason.LocalDispose);
    }
}
