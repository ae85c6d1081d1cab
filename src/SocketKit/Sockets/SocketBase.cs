using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;
using SocketKit.Sockets;
using Infinite = System.Threading.Timeout;

namespace SocketKit;

/// <summary>
/// What all sockets of this library share: mode, time-outs, options, addresses and closing. Every socket is born ready from a static
/// factory, so there is no unconnected state to ask about.
/// </summary>
/// <remarks>
/// One rule for time-outs: <see cref="Infinite.InfiniteTimeSpan"/> waits for ever, <see cref="TimeSpan.Zero"/> makes the plain calls
/// non-blocking, and a positive value is a deadline on the monotonic clock. Deadlines hold for blocking and async calls alike.
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

    /// <summary>This side's address: getsockname(2), taken when the socket was made, readable after it was closed.</summary>
    /// <value>An IPv4-mapped IPv6 address is shown as IPv4. Null where the system could not say.</value>
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>The engine this socket runs on: what moves its bytes. Readable after it was closed.</summary>
    /// <value>
    /// As a rule the one that <see cref="SocketOptions.Engine"/> names, or <see cref="SocketEngine.Default"/>. Where that is the epoll
    /// engine, <see cref="SocketEngine.Portable"/> for datagrams and raw sockets, and for connections from <c>FromSocket</c>. A server's is
    /// the engine of the connections that it accepts.
    /// </value>
    public SocketEngine Engine => InnerEngine;

    /// <summary>How long a receive or an accept waits.</summary>
    /// <value>Infinite by default. Zero: plain calls do not wait, async calls wait for ever. A change applies from the next call.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative and not <see cref="Infinite.InfiniteTimeSpan"/>.</exception>
    public TimeSpan ReceiveTimeout
    {
        get => _receiveTimeout;
        set => _receiveTimeout = CheckTimeout(value, nameof(value));
    }

    /// <summary>How long a send waits, the time behind other sends included. One deadline covers the whole message.</summary>
    /// <value>Infinite by default. Zero: plain calls do not wait, async calls wait for ever. A change applies from the next call.</value>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative and not <see cref="Infinite.InfiniteTimeSpan"/>.</exception>
    /// <exception cref="NotSupportedException">The socket is a server.</exception>
    public virtual TimeSpan SendTimeout
    {
        get => _sendTimeout;
        set => _sendTimeout = CheckTimeout(value, nameof(value));
    }

    /// <summary>Sets <see cref="ReceiveTimeout"/> and <see cref="SendTimeout"/>; reads the former. Python's <c>settimeout</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative and not <see cref="Infinite.InfiniteTimeSpan"/>.</exception>
    public TimeSpan Timeout
    {
        get => _receiveTimeout;
        set => _receiveTimeout = _sendTimeout = CheckTimeout(value, nameof(value));
    }

    /// <summary>Whether plain calls wait: false exactly when <see cref="ReceiveTimeout"/> is zero. Python's <c>setblocking</c>.</summary>
    /// <value>Setting false makes both time-outs zero; setting true makes those that are zero infinite.</value>
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

    /// <summary>Bytes that can be received without waiting: FIONREAD. For datagrams the length of the next one.</summary>
    /// <exception cref="SocketOperationException">The system refused.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    /// <exception cref="NotSupportedException">The socket is a server.</exception>
    public virtual int Available
    {
        get
        {
            using var lease = new SocketCall(this, ReadAvailable);
            try
            {
                return lease.Socket.Available;
            }
            catch (SocketException exception)
            {
                // .NET's message names neither the operation nor the socket.
                throw Faults.Failed(ReadAvailable, exception, this);
            }
        }
    }

    /// <summary>
    /// The underlying socket, for options and inspection only, and not beyond the disposal of this object: a call on it that runs meanwhile may
    /// reach whoever gets the descriptor's number next. Calling its async members, or disposing it, breaks this object.
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

    /// <summary>Waits until a receive or accept would not wait: because of data, a connection, an end or an error. poll(2), POLLIN.</summary>
    /// <param name="timeout">How long; zero only looks, <see cref="Infinite.InfiniteTimeSpan"/> waits for ever.</param>
    /// <returns>False if the time was over first.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed, before or meanwhile.</exception>
    public bool WaitReadable(TimeSpan timeout)
    {
        CheckTimeout(timeout, nameof(timeout));
        ThrowIfDisposed(Wait);
        bool ready = WaitReadableCore(timeout);
        ThrowIfDisposed(Wait);
        return ready;
    }

    /// <summary>Waits until a send would not wait. poll(2), POLLOUT.</summary>
    /// <param name="timeout">How long; zero only looks, <see cref="Infinite.InfiniteTimeSpan"/> waits for ever.</param>
    /// <returns>False if the time was over first.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed, before or meanwhile.</exception>
    /// <exception cref="NotSupportedException">The socket is a server.</exception>
    public bool WaitWritable(TimeSpan timeout)
    {
        CheckTimeout(timeout, nameof(timeout));
        ThrowIfDisposed(Wait);
        bool ready = WaitWritableCore(timeout);
        ThrowIfDisposed(Wait);
        return ready;
    }

    /// <summary>Waits until a receive or accept would not wait, and takes nothing. Any number at a time, also beside a receive.</summary>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: nothing is lost.</param>
    /// <returns>A task that completes when there is something to receive or accept. Await it once.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed, before or meanwhile.</exception>
    public ValueTask WaitReadableAsync(CancellationToken cancellationToken = default) =>
        WaitReadableCoreAsync(cancellationToken).AsDone(this, SocketOperation.Wait, default, cancellationToken);

    /// <summary>A second descriptor for the same socket: dup(2), close-on-exec. The caller owns it.</summary>
    /// <returns>The duplicate. From now on <see cref="Dispose()"/> no longer shuts the connection down, it only closes this descriptor.</returns>
    /// <remarks>Except while a blocking call waits that began before: waking it takes a shutdown, which the duplicate shares.</remarks>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    public abstract SafeSocketHandle DuplicateHandle();

    /// <summary>Closes at once and without a goodbye: a stream's peer sees RST. From any thread, any number of times.</summary>
    public abstract void Abort();

    /// <summary>Closes: a stream's peer sees FIN. Pending calls end in <see cref="ObjectDisposedException"/>. From any thread, any number of times.</summary>
    public void Dispose()
    {
        DisposeCore();
        GC.SuppressFinalize(this);
    }

    /// <summary>As <see cref="Dispose()"/>.</summary>
    /// <returns>A completed task.</returns>
    public virtual ValueTask DisposeAsync()
    {
        DisposeCore();
        GC.SuppressFinalize(this);
        return ValueTask.CompletedTask;
    }

    /// <summary>The type, the endpoints, and <c>[closed]</c> once it is.</summary>
    /// <returns>For people and logs.</returns>
    public override string ToString() => $"{GetType().Name} {Describe('↔')}{(IsDisposed ? " [closed]" : string.Empty)}";

    Exception IFaultSource.FaultOf(SocketOperation operation, IoResult outcome, TimeSpan timeout, CancellationToken cancellationToken) =>
        Faults.Of(operation, outcome, this, timeout, operation == SocketOperation.Peek ? 0 : outcome.Count, cancellationToken);

    /// <summary>The peer, for exceptions; null where there is none.</summary>
    internal virtual EndPoint? PeerEndPoint => null;

    /// <summary>Why calls on this socket are refused once it is closed, as a part of a sentence.</summary>
    internal virtual string WhyClosed => "the socket was disposed";

    /// <summary>The endpoints as messages show them.</summary>
    internal abstract string Describe(char arrow);

    /// <summary>The same for one call with a target of its own.</summary>
    internal virtual string DescribeTo(EndPoint to) => $"{Faults.Show(LocalEndPoint)} → {to}";

    /// <summary>What an error means on a socket of this kind, with the remedy; null for what it means on every socket.</summary>
    internal virtual string? Explain(SocketOperation operation, SocketError error, EndPoint? remote) => null;

    /// <summary>A call of this library's own on <see cref="Socket"/> begins. As a rule the socket's own handle counts its callers.</summary>
    /// <param name="operation">What is to be done, for the message of the exception.</param>
    /// <param name="subject">What to, if that is no endpoint.</param>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    internal virtual void Enter(string operation, string? subject)
    {
    }

    /// <summary><see cref="Socket"/>, for a call of this library's own.</summary>
    /// <exception cref="ObjectDisposedException">The socket was disposed.</exception>
    internal Socket SocketFor(string operation, string? subject)
    {
        ThrowIfDisposed(operation, subject);
        return InnerSocket;
    }

    /// <summary>The counterpart of <see cref="Enter(string, string?)"/>.</summary>
    internal virtual void Leave()
    {
    }

    internal static TimeSpan CheckTimeout(TimeSpan value, string name) => value >= TimeSpan.Zero || value == Infinite.InfiniteTimeSpan
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "A time-out is positive, zero (do not wait) or Timeout.InfiniteTimeSpan.");

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
