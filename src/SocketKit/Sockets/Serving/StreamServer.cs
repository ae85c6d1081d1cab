using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;
using SocketKit.Sockets.Serving;

namespace SocketKit;

/// <summary>
/// A listening socket: accept in three shapes, or serve with one handler per connection. <see cref="SocketBase.ReceiveTimeout"/> is the
/// accept deadline; mode and time-outs of accepted connections come from the options, never from the server object.
/// </summary>
/// <typeparam name="TConnection">What is accepted.</typeparam>
public abstract partial class StreamServer<TConnection> : SocketBase
    where TConnection : StreamConnection
{
    private readonly ListenerChannel _channel;
    private readonly IServerOptions<TConnection> _options;
    private readonly ILogger _logger;
    private readonly TaskCompletionSource _acceptingEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LogRate _givenUpRate;
    private int _stopped;

    private protected StreamServer(ListenerChannel channel, IServerOptions<TConnection> options, ILogger logger)
        : base(options.AcceptTimeout, System.Threading.Timeout.InfiniteTimeSpan)
    {
        _channel = channel;
        _options = options;
        _logger = logger;
        _givenUpRate = new LogRate(options.Clock);
        LocalEndPoint = SocketAddresses.Unmap(channel.Socket.LocalEndPoint);
    }

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint { get; }

    /// <summary>A server sends nothing.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override TimeSpan SendTimeout
    {
        get => throw NotOnServer(nameof(SendTimeout));
        set => throw NotOnServer(nameof(SendTimeout));
    }

    /// <summary>A server receives no bytes; <see cref="SocketBase.WaitReadable"/> tells whether a connection waits.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override int Available => throw NotOnServer(nameof(Available));

    private protected override bool IsDisposed => Volatile.Read(ref _stopped) != 0;

    private protected override Socket InnerSocket => _channel.Socket;

    private protected override SocketEngine InnerEngine => _channel.Engine;

    /// <summary>
    /// Accepts the next connection, waiting as <see cref="SocketBase.ReceiveTimeout"/> says. accept(2). Any number at a time.
    /// </summary>
    /// <returns>The connection; it belongs to the caller and outlives the server.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed; call again.</exception>
    /// <exception cref="SocketException">
    /// WouldBlock in non-blocking mode: nobody waits. TooManyOpenSockets: no descriptor is left; the client stays queued.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The server was stopped or disposed, before or meanwhile.</exception>
    public TConnection Accept()
    {
        TimeSpan timeout = ReceiveTimeout;
        AcceptResult accepted = _channel.Accept(timeout);
        return accepted.Channel is { } channel ? Adopt(channel) : throw FaultOf(accepted, timeout);
    }

    /// <summary>Accepts a connection that waits already, without waiting in any mode.</summary>
    /// <param name="connection">The connection, or null.</param>
    /// <returns>False if nobody waits.</returns>
    /// <exception cref="SocketException">TooManyOpenSockets: no descriptor is left; the client stays queued.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped or disposed.</exception>
    public bool TryAccept([NotNullWhen(true)] out TConnection? connection)
    {
        AcceptResult accepted = _channel.Accept(TimeSpan.Zero);
        connection = accepted.Channel is { } channel ? Adopt(channel) : null;
        return connection is not null || (accepted.Outcome.Status == ChannelStatus.WouldBlock
            ? false
            : throw FaultOf(accepted, TimeSpan.Zero));
    }

    /// <summary>Accepts the next connection without blocking a thread. Any number at a time, served in the order of the calls.</summary>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no connection is lost.</param>
    /// <returns>The connection; it belongs to the caller and outlives the server. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.ReceiveTimeout"/> passed; call again.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketException">TooManyOpenSockets: no descriptor is left; the client stays queued.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped or disposed, before or meanwhile.</exception>
    public async ValueTask<TConnection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        TimeSpan timeout = ReceiveTimeout;
        AcceptResult accepted = await _channel.AcceptAsync(timeout, continuesInline: false, cancellationToken).ConfigureAwait(false);
        return accepted.Channel is { } channel
            ? Adopt(channel)
            : throw FaultOf(accepted, timeout, cancellationToken);
    }

    /// <summary>All connections, one after the other. Errors of accept(2) do not end it; a shortage of descriptors is waited out.</summary>
    /// <param name="cancellationToken">Ends the enumeration with <see cref="OperationCanceledException"/>; no connection is lost.</param>
    /// <returns>An enumeration that ends quietly when the server is stopped or disposed.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async IAsyncEnumerable<TConnection> AcceptAllAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using AcceptLoop loop = NewAcceptLoop(continuesInline: false);
        while (await loop.NextAsync(cancellationToken).ConfigureAwait(false) is { } channel)
        {
            if (AdoptOrGiveUp(channel) is { } connection)
            {
                yield return connection;
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    /// <inheritdoc/>
    public override SafeSocketHandle DuplicateHandle()
    {
        ThrowIfDisposed(Duplicate);
        try
        {
            return Descriptors.Duplicate(_channel.Socket);
        }
        catch (SocketException exception)
        {
            // The system's message names neither the operation nor the server.
            throw Faults.Failed(Duplicate, exception, this);
        }
    }

    /// <summary>As <see cref="SocketBase.Dispose()"/>.</summary>
    public override void Abort() => Dispose();

    internal override string WhyClosed => "the server was stopped or disposed";

    internal override string Describe(char arrow) => Faults.Show(LocalEndPoint);

    private protected abstract TConnection Wrap(StreamChannel channel);

    /// <summary>
    /// What a server leaves behind beside its descriptor: the socket file of a Unix path. Called before the descriptor is closed.
    /// </summary>
    private protected virtual void CleanUp()
    {
    }

    private protected override IoTask WaitReadableCoreAsync(CancellationToken cancellationToken) =>
        _channel.WaitReadableAsync(cancellationToken);

    private protected override bool WaitReadableCore(TimeSpan timeout) => _channel.WaitReadable(timeout);

    private protected override bool WaitWritableCore(TimeSpan timeout) => throw NotOnServer(nameof(WaitWritable));

    private AcceptLoop NewAcceptLoop(bool continuesInline) =>
        new(_channel, LocalEndPoint, _acceptingEnded.Task, _logger, _options.Clock, continuesInline);

    /// <summary>The connection; the channel is closed where there is none.</summary>
    private TConnection Adopt(StreamChannel channel)
    {
        try
        {
            return Wrap(channel);
        }
        catch
        {
            // Nobody else knows the channel, and its descriptor must not leak.
            channel.Abort(CloseReason.Error);
            throw;
        }
    }

    /// <summary>As <see cref="Adopt"/>; a failure is this connection's, is logged, and gives null.</summary>
    private TConnection? AdoptOrGiveUp(StreamChannel channel)
    {
        try
        {
            return Wrap(channel);
        }
        catch (Exception exception)
        {
            // For instance options that the system refuses on a socket whose peer has gone.
            GiveUp(channel, exception);
            return null;
        }
    }

    private void GiveUp(StreamChannel channel, Exception exception)
    {
        channel.Abort(CloseReason.Error);
        if (_givenUpRate.ShouldLog(out _))
        {
            Log.ConnectionNotServed(_logger, exception, LocalEndPoint);
        }
    }

    private Exception FaultOf(AcceptResult accepted, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        accepted.Unexpected ?? Faults.Of(SocketOperation.Accept, accepted.Outcome, this, timeout, cancellationToken: cancellationToken);

    /// <summary>Stops accepting; the port is free when this returns.</summary>
    private bool StopAccepting()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return false;
        }

        CleanUp();
        _channel.Dispose();
        _acceptingEnded.TrySetResult();
        return true;
    }

    private static NotSupportedException NotOnServer(string member) =>
        new($"{member} has no meaning on a server; it concerns its connections.");
}
