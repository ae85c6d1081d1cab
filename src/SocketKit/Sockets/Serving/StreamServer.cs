using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Tasks;
using SocketKit.Errors;
using SocketKit.Sockets.Limits;
using SocketKit.Sockets.Serving;
using SocketKit.Tls;

namespace SocketKit;

/// <summary>
/// A listening socket. Accept has three shapes, and <see cref="ServeAsync"/> runs a handler per connection.
/// <see cref="SocketBase.ReceiveTimeout"/> is the accept time-out. The options, and not the server object, set the mode and time-outs of
/// accepted connections.
/// </summary>
/// <typeparam name="TConnection">The type of the accepted connections.</typeparam>
public abstract partial class StreamServer<TConnection> : SocketBase
    where TConnection : StreamConnection
{
    private readonly ListenerChannel _channel;
    private readonly IServerOptions<TConnection> _options;
    private readonly ILogger _logger;
    private readonly ServerCounters _counters;
    private readonly TaskCompletionSource _acceptingEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly LogRate _givenUpRate;
    private int _stopped;

    private protected StreamServer(
        ListenerChannel channel, IServerOptions<TConnection> options, ILogger logger, ServerCounters counters)
        : base(options.AcceptTimeout, System.Threading.Timeout.InfiniteTimeSpan)
    {
        _channel = channel;
        _channel.Discarded = () => counters.Rejected(RejectReason.Stopping);
        _options = options;
        _logger = logger;
        _counters = counters;
        _givenUpRate = new LogRate(options.Clock);
        LocalEndPoint = SocketAddresses.Unmap(channel.Socket.LocalEndPoint);
    }

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint { get; }

    /// <summary>Not supported: a server sends no bytes.</summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override TimeSpan SendTimeout
    {
        get => throw NotOnServer(nameof(SendTimeout));
        set => throw NotOnServer(nameof(SendTimeout));
    }

    /// <summary>
    /// Not supported: a server receives no bytes. <see cref="SocketBase.WaitReadable"/> tells whether a connection can be accepted.
    /// </summary>
    /// <exception cref="NotSupportedException">Always.</exception>
    public override int Available => throw NotOnServer(nameof(Available));

    private protected override bool IsDisposed => Volatile.Read(ref _stopped) != 0;

    private protected override Socket InnerSocket => _channel.Socket;

    private protected override SocketEngine InnerEngine => _channel.Engine;

    internal override IPollTarget? PollTarget => _channel.PollTarget;

    internal override string? WhyNotPolled(Readiness interest) =>
        _options.Tls is not null ? "it speaks TLS, so only ServeAsync accepts its connections."
        : (interest & Readiness.Writable) != 0 ? "a server sends nothing, so it is never writable."
        : null;

    /// <summary>
    /// Accepts the next connection: accept(2). It waits for at most <see cref="SocketBase.ReceiveTimeout"/>. Any number of accepts may run
    /// at the same time.
    /// </summary>
    /// <returns>The connection. The caller owns it, and it stays open when the server stops.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed. The server stays usable; call again.</exception>
    /// <exception cref="SocketOperationException">TooManyOpenSockets: no descriptor is left; the client stays in the backlog.</exception>
    /// <exception cref="InvalidOperationException">The options say <see cref="TcpServerOptions.Tls"/>. Nothing was done.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped or disposed before or during the call.</exception>
    public TConnection Accept() => AcceptWithin(ReceiveTimeout);

    /// <summary>Accepts the next connection and waits for at most this time, in any mode: accept(2).</summary>
    /// <param name="timeout">
    /// How long, in place of <see cref="SocketBase.ReceiveTimeout"/>. Zero or less makes one attempt, and
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <returns>The connection. The caller owns it, and it stays open when the server stops.</returns>
    /// <exception cref="SocketTimeoutException">The time passed. The server stays usable; call again.</exception>
    /// <exception cref="SocketOperationException">TooManyOpenSockets: no descriptor is left; the client stays in the backlog.</exception>
    /// <exception cref="InvalidOperationException">The options say <see cref="TcpServerOptions.Tls"/>. Nothing was done.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped or disposed before or during the call.</exception>
    public TConnection Accept(TimeSpan timeout) =>
        OneAttemptAtLeast(timeout) is var limit && limit == TimeSpan.Zero ? AcceptNow() : AcceptWithin(limit);

    /// <summary>Accepts a connection if one is waiting: accept(2). It never waits, in any mode.</summary>
    /// <param name="connection">The connection, which the caller owns; null if the result is false.</param>
    /// <returns>False if no connection is waiting.</returns>
    /// <exception cref="SocketOperationException">TooManyOpenSockets: no descriptor is left; the client stays in the backlog.</exception>
    /// <exception cref="InvalidOperationException">The options say <see cref="TcpServerOptions.Tls"/>. Nothing was done.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped or disposed.</exception>
    public bool TryAccept([NotNullWhen(true)] out TConnection? connection)
    {
        ThrowIfTls();
        AcceptResult accepted = _channel.Accept(TimeSpan.Zero);
        connection = accepted.Channel is { } channel ? Adopt(channel) : null;
        return connection is not null || (accepted.Outcome.Status == ChannelStatus.WouldBlock
            ? false
            : throw FaultOf(accepted, TimeSpan.Zero));
    }

    /// <summary>
    /// Accepts the next connection without blocking a thread: accept(2). Any number of accepts may run at the same time; they complete in
    /// the order of the calls.
    /// </summary>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no connection is lost.</param>
    /// <returns>The connection. The caller owns it, and it stays open when the server stops. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.ReceiveTimeout"/> passed; call again.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">TooManyOpenSockets: no descriptor is left; the client stays in the backlog.</exception>
    /// <exception cref="InvalidOperationException">The options say <see cref="TcpServerOptions.Tls"/>. Nothing was done.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped or disposed before or during the call.</exception>
    public ValueTask<TConnection> AcceptAsync(CancellationToken cancellationToken = default) =>
        AcceptWithinAsync(ReceiveTimeout, cancellationToken);

    /// <summary>Accepts the next connection and waits for at most this time, without blocking a thread: accept(2).</summary>
    /// <param name="timeout">
    /// How long, in place of <see cref="SocketBase.ReceiveTimeout"/>. Zero or less makes one attempt, and
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <param name="cancellationToken">Ends the wait. Cancellation-safe: no connection is lost.</param>
    /// <returns>The connection. The caller owns it, and it stays open when the server stops. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">The time passed. The server stays usable; call again.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">TooManyOpenSockets: no descriptor is left; the client stays in the backlog.</exception>
    /// <exception cref="InvalidOperationException">The options say <see cref="TcpServerOptions.Tls"/>. Nothing was done.</exception>
    /// <exception cref="ObjectDisposedException">The server was stopped or disposed before or during the call.</exception>
    public async ValueTask<TConnection> AcceptAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        timeout = OneAttemptAtLeast(timeout);
        if (timeout == TimeSpan.Zero && !cancellationToken.IsCancellationRequested)
        {
            return AcceptNow();
        }

        return await AcceptWithinAsync(timeout, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Enumerates all connections as they are accepted. Errors of accept(2) do not end the enumeration; while descriptors are short, it
    /// waits.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the enumeration with <see cref="OperationCanceledException"/>. Cancellation-safe: no connection is lost.
    /// </param>
    /// <returns>An enumeration that ends without an exception when the server is stopped or disposed.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="InvalidOperationException">The options say <see cref="TcpServerOptions.Tls"/>. Nothing was done.</exception>
    public IAsyncEnumerable<TConnection> AcceptAllAsync(CancellationToken cancellationToken = default)
    {
        ThrowIfTls();
        return EnumerateAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override SafeSocketHandle DuplicateHandle()
    {
        ThrowIfDisposed(Duplicate);
        try
        {
            SafeSocketHandle duplicate = _channel.DuplicateHandle();
            OnDuplicated();
            return duplicate;
        }
        catch (SocketException exception)
        {
            // The system's message names neither the operation nor the server.
            throw Faults.Failed(Duplicate, exception, this);
        }
    }

    /// <summary>The same as <see cref="SocketBase.Dispose()"/>.</summary>
    public override void Abort() => Dispose();

    internal override string WhyClosed => "the server was stopped or disposed";

    internal override string Describe(char arrow) => Faults.Show(LocalEndPoint);

    private protected abstract TConnection Wrap(StreamChannel channel);

    /// <summary>Somebody else has the listener, too, from now on.</summary>
    private protected virtual void OnDuplicated()
    {
    }

    /// <summary>
    /// Removes what a server leaves behind beside its descriptor, such as the file of a Unix socket. Called before the descriptor is
    /// closed.
    /// </summary>
    private protected virtual void CleanUp()
    {
    }

    private protected override IoTask WaitReadableCoreAsync(CancellationToken cancellationToken) =>
        _channel.WaitReadableAsync(cancellationToken);

    private protected override bool WaitReadableCore(TimeSpan timeout) => _channel.WaitReadable(timeout);

    private protected override bool WaitWritableCore(TimeSpan timeout) => throw NotOnServer(nameof(WaitWritable));

    private TConnection AcceptWithin(TimeSpan timeout)
    {
        ThrowIfTls();
        AcceptResult accepted = _channel.Accept(timeout);
        return accepted.Channel is { } channel ? Adopt(channel) : throw FaultOf(accepted, timeout);
    }

    /// <summary>One attempt. If no connection is there, its time is over.</summary>
    private TConnection AcceptNow() => TryAccept(out TConnection? connection)
        ? connection
        : throw FaultOf(new(IoResult.Ended(ChannelStatus.DeadlinePassed)), TimeSpan.Zero);

    private async ValueTask<TConnection> AcceptWithinAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        ThrowIfTls();
        AcceptResult accepted = await _channel.AcceptAsync(timeout, continuesInline: false, cancellationToken).ConfigureAwait(false);
        return accepted.Channel is { } channel
            ? Adopt(channel)
            : throw FaultOf(accepted, timeout, cancellationToken);
    }

    private async IAsyncEnumerable<TConnection> EnumerateAsync([EnumeratorCancellation] CancellationToken cancellationToken)
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

    /// <summary>Whoever accepts by hand would get a connection whose handshake nobody has run.</summary>
    private void ThrowIfTls()
    {
        if (_options.Tls is not null)
        {
            throw new InvalidOperationException(
                $"The server on {Describe('←')} speaks TLS: serve it with ServeAsync. Or leave Tls out of its options, accept, and call "
                + "UpgradeToTlsAsync on the connections.");
        }
    }

    private AcceptLoop NewAcceptLoop(bool continuesInline) =>
        new(_channel, LocalEndPoint, _acceptingEnded.Task, _logger, _options.Clock, _counters, continuesInline);

    /// <summary>Makes the connection; closes the channel if that fails.</summary>
    private TConnection Adopt(StreamChannel channel)
    {
        try
        {
            return Wrap(channel);
        }
        catch
        {
            // No other code has the channel, so its descriptor would leak.
            channel.Abort(CloseReason.Error);
            throw;
        }
    }

    /// <summary>The same as <see cref="Adopt"/>, but logs a failure and returns null.</summary>
    /// <param name="channel">The channel that was accepted.</param>
    /// <param name="tls">How it is encrypted; null: not at all. No byte in plain text can slip in before the handshake.</param>
    private TConnection? AdoptOrGiveUp(StreamChannel channel, TlsServerSettings? tls = null)
    {
        try
        {
            return Wrap(tls is null ? channel : new TlsChannel(channel, tls.Begin()));
        }
        catch (Exception exception)
        {
            // For instance options that the system refuses on a socket whose peer has gone.
            _counters.Rejected(RejectReason.Lost);
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

    /// <summary>Stops accepting. The port is free when this returns.</summary>
    private void StopAccepting()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
        {
            return;
        }

        CleanUp();
        _channel.Dispose();
        _acceptingEnded.TrySetResult();
    }

    private static NotSupportedException NotOnServer(string member) =>
        new($"{member} has no meaning on a server; it concerns its connections.");
}
