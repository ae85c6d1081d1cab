using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;
using SocketKit.Sockets;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>
/// A connected byte stream, over TCP or a Unix path: receive and send in three shapes. <c>Xxx(span)</c> obeys the time-outs,
/// <c>TryXxx</c> never waits, <c>XxxAsync</c> never blocks a thread.
/// </summary>
/// <remarks>
/// One receive at a time: a second one gets <see cref="InvalidOperationException"/>. Sends queue whole and never interleave.
/// <see cref="SocketBase.Abort"/> and <see cref="SocketBase.Dispose"/> may come from any thread. A buffer is the library's until its call
/// completes, and a <see cref="ValueTask"/> is awaited once.
/// </remarks>
public abstract partial class StreamConnection : SocketBase
{
    private static long s_lastId;

    // May be changed while the connection lives, see StreamConnection.Upgrade.cs; every call reads it once.
    private StreamChannel _channel;
    private readonly FinalizerGuard? _guard;
    private string? _id;

    private protected StreamConnection(StreamChannel channel, SocketOptions? options)
        : base(options?.InitialReceiveTimeout ?? Infinite.InfiniteTimeSpan, options?.InitialSendTimeout ?? Infinite.InfiniteTimeSpan)
    {
        channel.Dispatch = options?.Dispatch ?? Dispatch.Inline;
        _channel = channel;
        _guard = channel.NeedsGuard ? new FinalizerGuard(channel) : null;
    }

    /// <summary>A name for logs, unique in this process.</summary>
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

    /// <summary>The peer's address: getpeername(2), taken when the connection was made, readable after it was closed.</summary>
    /// <value>An IPv4-mapped IPv6 address is shown as IPv4. Null where the system could not say.</value>
    public virtual EndPoint? RemoteEndPoint => _channel.RemoteEndPoint;

    /// <summary>Why the connection is over, or <see cref="SocketKit.CloseReason.None"/>. <see cref="SocketKit.CloseReason.PeerFinished"/> may become a reset.</summary>
    public CloseReason CloseReason => _channel.CloseReason;

    /// <summary>
    /// Fires once, when the peer finishes or resets, the kernel gives up, or this side closes; also when nobody receives. After
    /// <see cref="SocketKit.CloseReason.PeerFinished"/> alone this side may still send.
    /// </summary>
    /// <value>
    /// Watching starts with the first read of this property; from then on, until it fires, the connection stays open although nobody may
    /// know it any more. On the portable engine it fires, while unread bytes are queued, at the
    /// next receive. Callbacks run on the thread pool, after <see cref="CloseReason"/> was set.
    /// </value>
    public CancellationToken Closed
    {
        get
        {
            CancellationToken token = _channel.Closed;
            if (_guard is not null)
            {
                _channel.KeepWhileWatched(_guard);
            }

            return token;
        }
    }

    /// <summary>
    /// Bytes that receives of every shape have taken from the kernel so far, of which a peek takes none. Readable after close.
    /// </summary>
    /// <value>Counted when the bytes are taken, so also for a receive whose deadline passes halfway.</value>
    public long BytesReceived => _channel.BytesReceived;

    /// <summary>Bytes that sends of every shape have handed to the kernel so far, files included. Readable after close.</summary>
    /// <value>
    /// Not what the peer has got. On the portable engine a blocking send without a deadline that fails halfway is not counted, because .NET
    /// does not say how far it came.
    /// </value>
    public long BytesSent => _channel.BytesSent;

    /// <summary>
    /// Fires when the server that serves this connection begins to stop, at the latest with the handlers' token: finish what is under way,
    /// begin nothing new. One token for all connections of a server; to wait for it by a receive costs no registration.
    /// </summary>
    /// <value>
    /// <see cref="CancellationToken.None"/> on clients, and on connections that the server's <c>Accept</c>, <c>AcceptAsync</c> or
    /// <c>AcceptAllAsync</c> gave. Callbacks run on the thread pool.
    /// </value>
    public CancellationToken Stopping => _channel.Service?.Stopping ?? CancellationToken.None;

    internal StreamChannel Channel => _channel;

    private protected override bool IsDisposed => _channel.IsClosed;

    private protected override Socket InnerSocket => _channel.Socket;

    private protected override SocketEngine InnerEngine => _channel.Engine;

    /// <summary>
    /// Half-close: shutdown(2), SHUT_WR. The peer reads the end; this side goes on receiving. On a connection that has ended it does
    /// nothing.
    /// </summary>
    /// <remarks>
    /// Await sends first. One that is under way fails with <see cref="System.Net.Sockets.SocketError.Shutdown"/>, and those in the queue
    /// behind it, too. If a part of its message has gone, <see cref="SocketBase.Dispose"/> closes with RST, so that the message does not
    /// look complete; but a peer that reads on before that reads the part and then the end.
    /// </remarks>
    /// <exception cref="SocketException">The system refused.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public void ShutdownSend()
    {
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
    /// Closes with RST: nothing that waits to be sent is delivered, and the peer's next receive fails. Pending calls end in
    /// <see cref="ObjectDisposedException"/>. Stands for close(2) with SO_LINGER (on, 0).
    /// </summary>
    public override void Abort() => Abort(CloseReason.LocalAbort);

    /// <summary>A stream that reads and writes this connection, for libraries that want one.</summary>
    /// <param name="leaveOpen">False: disposing the stream disposes the connection.</param>
    /// <returns>
    /// A stream whose time-outs are the connection's; its failures are <see cref="IOException"/> around the socket's exception. A read and
    /// a write may wait at the same time, also those of <c>BeginRead</c> and <c>BeginWrite</c>, which hold no thread. Once the stream is
    /// disposed, it neither gives nor takes time-outs.
    /// </returns>
    public Stream GetStream(bool leaveOpen = false) => new ConnectionStream(this, leaveOpen);

    internal void Abort(CloseReason reason)
    {
        StreamChannel closed;
        do
        {
            closed = _channel;
            closed.Abort(reason);
        }
        while (WasReplaced(closed));

        _guard?.Release();
    }

    internal override string Describe(char arrow) => $"{Faults.Show(LocalEndPoint)} {arrow} {Faults.Show(RemoteEndPoint)}";

    internal override EndPoint? PeerEndPoint => RemoteEndPoint;

    internal override string WhyClosed => _channel.IsSendAbandoned
        ? "a cancelled send left part of its message; the connection was aborted"
        : base.WhyClosed;

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

    private protected override bool WaitReadableCore(TimeSpan timeout) => _channel.WaitReadable(timeout);

    private protected override bool WaitWritableCore(TimeSpan timeout) => _channel.WaitWritable(timeout);

    private protected override void DisposeCore()
    {
        StreamChannel closed;
        do
        {
            closed = _channel;
            closed.Dispose();
        }
        while (WasReplaced(closed));

        _guard?.Release();
    }
}
