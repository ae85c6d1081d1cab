using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;
using SocketKit.Sockets;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>
/// The base of all sockets: time-outs and mode, options, addresses and closing. Static factory methods create every socket, ready for use.
/// </summary>
/// <remarks>
/// All calls follow one rule for time-outs: <see cref="Infinite.InfiniteTimeSpan"/> waits for ever, <see cref="TimeSpan.Zero"/> makes the
/// plain calls non-blocking, and a positive value is a deadline on the monotonic clock. Deadlines apply to blocking and async calls alike.
/// </remarks>
public abstract partial class SocketBase : IDisposable, IAsyncDisposable, IFaultSource
{
    private protected const string Duplicate = "duplicate handle";

    private const string ReadAvailable = "get available";
    private const string Wait = "wait";

    private TimeSpan _receiveTimeout;
    private TimeSpan _sendTimeout;

    private protected SocketBase(TimeSpan receiveTimeout, TimeSpan sendTimeout)
    {
        _receiveTimeout = receiveTimeout;
        _sendTimeout = sendTimeout;
    }

    /// <summary>The local address: getsockname(2), read when the socket was made. Readable after close.</summary>
    /// <value>An IPv4-mapped IPv6 address is shown as IPv4. Null if the system did not report it.</value>
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>The engine that moves this socket's bytes. Readable after close.</summary>
    /// <value>
    /// Usually the engine of <see cref="SocketOptions.Engine"/>, or else <see cref="SocketEngine.Default"/>. Where that is the epoll
    /// engine, connections from <c>FromSocket</c> use <see cref="SocketEngine.Portable"/>. The connections of a server run on the server's
    /// engine.
    /// </value>
    public SocketEngine Engine => InnerEngine;

    /// <summary>How long a receive or an accept may wait.</summary>
    /// <value>
    /// Infinite by default. With zero, plain calls do not wait and async calls wait for ever. A change applies from the next call on.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative and not <see cref="Infinite.InfiniteTimeSpan"/>.</exception>
    public TimeSpan ReceiveTimeout
    {
        get => _receiveTimeout;
        set => _receiveTimeout = CheckTimeout(value, nameof(value));
    }

    /// <summary>
    /// How long a send may take, from when it is its turn: the time behind other sends does not count. One deadline covers the whole
    /// message.
    /// </summary>
    /// <value>
    /// Infinite by default. With zero, plain calls do not wait and async calls wait for ever. A change applies from the next call on.
    /// </value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative and not <see cref="Infinite.InfiniteTimeSpan"/>.</exception>
    /// <exception cref="NotSupportedException">The socket is a server.</exception>
    public virtual TimeSpan SendTimeout
    {
        get => _sendTimeout;
        set => _sendTimeout = CheckTimeout(value, nameof(value));
    }

    /// <summary>
    /// Sets both <see cref="ReceiveTimeout"/> and <see cref="SendTimeout"/>, and returns the first. Python's <c>settimeout</c>.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative and not <see cref="Infinite.InfiniteTimeSpan"/>.</exception>
    public TimeSpan Timeout
    {
        get => _receiveTimeout;
        set => _receiveTimeout = _sendTimeout = CheckTimeout(value, nameof(value));
    }

    /// <summary>Whether plain calls wait. False means that <see cref="ReceiveTimeout"/> is zero. Python's <c>setblocking</c>.</summary>
    /// <value>Setting false makes both time-outs zero. Setting true makes each time-out that is zero infinite.</value>
    public bool Blocking
    {
        get => _receiveTimeout != TimeSpan.Zero;
        set
        {
            if (!value)
            {
                _receiveTimeout = _sendTimeout = TimeSpan.Zero;
                return;
            }

            _receiveTimeout = _receiveTimeout == TimeSpan.Zero ? Infinite.InfiniteTimeSpan : _receiveTimeout;
            _sendTimeout = _sendTimeout == TimeSpan.Zero ? Infinite.InfiniteTimeSpan : _sendTimeout;
        }
    }

    /// <summary>
    /// The number of bytes that can be received without waiting: FIONREAD. On a datagram socket it is the length of the next datagram.
    /// </summary>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    /// <exception cref="NotSupportedException">The socket is a server.</exception>
    public virtual int Available
    {
        get
        {
            using var lease = new SocketCall(this, ReadAvailable);
            try
            {
                return CountAvailable(lease.Socket);
            }
            catch (SocketException exception)
            {
                // .NET's message names neither the operation nor the socket.
                throw Faults.Failed(ReadAvailable, exception, this);
            }
        }
    }

    /// <summary>
    /// The underlying socket, for options and inspection only. Do not use it after this object was disposed: the descriptor's number may
    /// belong to another socket by then. Do not call its async members or dispose it; that breaks this object.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public Socket Socket
    {
        get
        {
            return SocketFor("get socket", null);
        }
    }

    /// <summary>Whether <see cref="Dispose()"/> or <see cref="Abort"/> was called.</summary>
    private protected abstract bool IsDisposed { get; }

    private protected abstract Socket InnerSocket { get; }

    private protected abstract SocketEngine InnerEngine { get; }

    /// <summary>
    /// Waits until a receive or accept would not have to wait, because of data, a connection, an end or an error: poll(2), POLLIN.
    /// </summary>
    /// <param name="timeout">How long to wait. Zero only checks, and <see cref="Infinite.InfiniteTimeSpan"/> waits for ever.</param>
    /// <returns>False if the time-out passed first.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed before or during the call.</exception>
    public bool WaitReadable(TimeSpan timeout)
    {
        CheckTimeout(timeout, nameof(timeout));
        ThrowIfDisposed(Wait);
        bool ready = WaitReadableCore(timeout);
        ThrowIfDisposed(Wait);
        return ready;
    }

    /// <summary>Waits until a send would not have to wait: poll(2), POLLOUT.</summary>
    /// <param name="timeout">How long to wait. Zero only checks, and <see cref="Infinite.InfiniteTimeSpan"/> waits for ever.</param>
    /// <returns>False if the time-out passed first.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed before or during the call.</exception>
    /// <exception cref="NotSupportedException">The socket is a server.</exception>
    public bool WaitWritable(TimeSpan timeout)
    {
        CheckTimeout(timeout, nameof(timeout));
        ThrowIfDisposed(Wait);
        bool ready = WaitWritableCore(timeout);
        ThrowIfDisposed(Wait);
        return ready;
    }

    /// <summary>
    /// Waits until a receive or accept would not have to wait, without blocking a thread and without taking anything. Any number of these
    /// waits may run at the same time, also beside a receive.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: nothing is lost.</param>
    /// <returns>A task that completes when there is something to receive or accept. Await it once.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed before or during the call.</exception>
    public ValueTask WaitReadableAsync(CancellationToken cancellationToken = default) =>
        WaitReadableCoreAsync(cancellationToken).AsDone(this, SocketOperation.Wait, default, cancellationToken);

    /// <summary>Duplicates the descriptor: dup(2), close-on-exec. The caller owns the duplicate.</summary>
    /// <returns>
    /// The duplicate. From now on <see cref="Dispose()"/> closes only its own descriptor and does not shut the connection down.
    /// </returns>
    /// <remarks>
    /// There is one exception: a blocking call that was already waiting can only be woken by shutdown(2), which also affects the duplicate.
    /// Wrap the duplicate of a TCP connection in a <see cref="System.Net.Sockets.Socket"/>, because .NET resets the connection when the
    /// bare handle is disposed.
    /// </remarks>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public abstract SafeSocketHandle DuplicateHandle();

    /// <summary>Closes immediately; the peer of a stream gets RST. Callable from any thread, any number of times.</summary>
    public abstract void Abort();

    /// <summary>
    /// Closes the socket without waiting. The peer of a stream gets FIN, or RST if the last message was sent only in part. Pending calls
    /// end with <see cref="ObjectDisposedException"/>. Callable from any thread, any number of times.
    /// </summary>
    public void Dispose()
    {
        DisposeCore();
        GC.SuppressFinalize(this);
    }

    /// <summary>The same as <see cref="Dispose()"/>.</summary>
    /// <returns>A completed task.</returns>
    public virtual ValueTask DisposeAsync()
    {
        DisposeCore();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>Describes the socket: its type, its endpoints, and <c>[closed]</c> once it is closed.</summary>
    /// <returns>A text for people and logs.</returns>
    public override string ToString() => $"{GetType().Name} {Describe('↔')}{(IsDisposed ? " [closed]" : string.Empty)}";

    Exception IFaultSource.FaultOf(SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken) =>
        Faults.Of(operation, outcome, this, timeout, operation == SocketOperation.Peek ? 0 : outcome.Count, cancellationToken);

    /// <summary>The peer that exceptions name; null if there is none.</summary>
    internal virtual EndPoint? PeerEndPoint => null;

    /// <summary>Why calls on this socket are refused once it is closed, as part of a sentence.</summary>
    internal virtual string WhyClosed => "the socket was disposed";

    /// <summary>Why a receive is refused although no other one waits, as part of a sentence; null: one does.</summary>
    internal virtual string? WhyBusy => null;

    /// <summary>Formats the endpoints for messages.</summary>
    internal abstract string Describe(char arrow);

    /// <summary>Formats the endpoints of a call that has its own target.</summary>
    internal virtual string DescribeTo(EndPoint to) => $"{Faults.Show(LocalEndPoint)} → {to}";

    /// <summary>Says what an error means on this kind of socket, and the remedy; null if it has no special meaning.</summary>
    internal virtual string? Explain(SocketOperation operation, SocketError error, EndPoint? remote) => null;

    /// <summary>The exception for a failure that is none of the system, such as a broken record of TLS; null if it is one.</summary>
    internal virtual Exception? FailureOf(string what, SocketError error) => null;

    /// <summary>What <see cref="Available"/> says. The caller is inside.</summary>
    private protected virtual int CountAvailable(Socket socket) => socket.Available;

    /// <summary>What a poller waits for; null: the channel has nothing that would tell.</summary>
    internal abstract IPollTarget? PollTarget { get; }

    /// <summary>Why a poller cannot wait for this socket, as the end of a sentence; null: it can.</summary>
    internal virtual string? WhyNotPolled(Readiness interest) => null;

    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    internal void RequireOpen(string operation) => ThrowIfDisposed(operation);

    /// <summary>
    /// Begins a call of the library on <see cref="Socket"/>. By default it does nothing, because the socket's own handle counts its
    /// callers.
    /// </summary>
    /// <param name="operation">The operation, for the exception's message.</param>
    /// <param name="subject">What the operation applies to, if it is not an endpoint.</param>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    internal virtual void Enter(string operation, string? subject)
    {
    }

    /// <summary>The <see cref="Socket"/>, for a call of the library.</summary>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    internal Socket SocketFor(string operation, string? subject)
    {
        ThrowIfDisposed(operation, subject);
        return InnerSocket;
    }

    /// <summary>Ends what <see cref="Enter(string, string?)"/> began.</summary>
    internal virtual void Leave()
    {
    }

    internal static TimeSpan CheckTimeout(TimeSpan value, string name) => value >= TimeSpan.Zero || value == Infinite.InfiniteTimeSpan
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "A time-out is positive, zero (do not wait) or Timeout.InfiniteTimeSpan.");

    /// <summary>
    /// The time-out of one call, which may be what is left of a deadline: zero, which is one attempt, for every time that is over.
    /// </summary>
    internal static TimeSpan OneAttemptAtLeast(TimeSpan timeout) =>
        timeout < TimeSpan.Zero && timeout != Infinite.InfiniteTimeSpan ? TimeSpan.Zero : timeout;

    private protected abstract bool WaitReadableCore(TimeSpan timeout);

    private protected abstract bool WaitWritableCore(TimeSpan timeout);

    private protected abstract IoTask WaitReadableCoreAsync(CancellationToken cancellationToken);

    private protected abstract void DisposeCore();

    private protected void ThrowIfDisposed(string operation, string? subject = null)
    {
        if (IsDisposed)
        {
            throw Faults.Disposed(operation, subject, this);
        }
    }
}
