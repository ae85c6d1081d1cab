using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using SocketKit.Diagnostics;
using SocketKit.Engine;
using SocketKit.Errors;
using SocketKit.Sockets.Limits;
using SocketKit.Sockets.Serving;
using SocketKit.Unix;

namespace SocketKit;

public sealed partial class UnixSequencedServer
{
    /// <summary>
    /// Accepts the next connection: accept(2). It waits for at most <see cref="SocketBase.ReceiveTimeout"/>. Any number of accepts may run
    /// at the same time.
    /// </summary>
    /// <returns>The connection. The caller owns it, and it stays open when the server is disposed.</returns>
    /// <exception cref="SocketTimeoutException">The deadline passed. The server stays usable; call again.</exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: no connection is waiting. TooManyOpenSockets: no descriptor is left.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The server was disposed before or during the call.</exception>
    public UnixDatagramEndpoint Accept()
    {
        TimeSpan timeout = ReceiveTimeout;
        AcceptResult accepted = Channel.Accept(timeout);
        return accepted.Channel is { } channel ? Adopt(channel) : throw FaultOf(accepted, timeout);
    }

    /// <summary>Accepts a connection if one is waiting: accept(2). It never waits, in any mode.</summary>
    /// <param name="connection">The connection, which the caller owns; null if the result is false.</param>
    /// <returns>False if no connection is waiting.</returns>
    /// <exception cref="SocketOperationException">TooManyOpenSockets: no descriptor is left.</exception>
    /// <exception cref="ObjectDisposedException">The server was disposed.</exception>
    public bool TryAccept([NotNullWhen(true)] out UnixDatagramEndpoint? connection)
    {
        AcceptResult accepted = Channel.Accept(TimeSpan.Zero);
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
    /// <returns>The connection. The caller owns it, and it stays open when the server is disposed. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">A positive <see cref="SocketBase.ReceiveTimeout"/> passed; call again.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">TooManyOpenSockets: no descriptor is left.</exception>
    /// <exception cref="ObjectDisposedException">The server was disposed before or during the call.</exception>
    public async ValueTask<UnixDatagramEndpoint> AcceptAsync(CancellationToken cancellationToken = default)
    {
        TimeSpan timeout = ReceiveTimeout;
        AcceptResult accepted = await Channel.AcceptAsync(timeout, continuesInline: false, cancellationToken).ConfigureAwait(false);
        return accepted.Channel is { } channel ? Adopt(channel) : throw FaultOf(accepted, timeout, cancellationToken);
    }

    /// <summary>
    /// Enumerates all connections as they are accepted. Errors of accept(2) do not end the enumeration; while descriptors are short, it
    /// waits.
    /// </summary>
    /// <param name="cancellationToken">
    /// Ends the enumeration with <see cref="OperationCanceledException"/>. Cancellation-safe: no connection is lost.
    /// </param>
    /// <returns>An enumeration that ends without an exception when the server is disposed.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async IAsyncEnumerable<UnixDatagramEndpoint> AcceptAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var loop = new AcceptLoop(
            Channel,
            LocalEndPoint,
            _acceptingEnded.Task,
            _listener.Logger,
            TimeProvider.System,
            _listener.Counters,
            continuesInline: false);
        while (await loop.NextAsync(cancellationToken).ConfigureAwait(false) is { } channel)
        {
            if (AdoptOrGiveUp(channel) is { } connection)
            {
                yield return connection;
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
    }

    private UnixDatagramEndpoint? AdoptOrGiveUp(StreamChannel accepted)
    {
        try
        {
            return Adopt(accepted);
        }
        catch (SocketException exception)
        {
            // No descriptor is left for it, or the system refuses an option. The next connections may be accepted.
            _listener.Counters.Rejected(RejectReason.Lost);
            Log.ConnectionNotServed(_listener.Logger, exception, LocalEndPoint);
            return null;
        }
    }

    private UnixDatagramEndpoint Adopt(StreamChannel accepted)
    {
        SafeSocketHandle handle;
        try
        {
            handle = accepted.DuplicateHandle();
        }
        catch (SocketException exception)
        {
            // No descriptor is left. The system's message does not say what it was for.
            accepted.Abort(CloseReason.Error);
            throw Faults.Failed(Faults.NameOf(SocketOperation.Accept), exception, this);
        }

        // Engines accept streams. The connection lives on in the duplicate of the descriptor. Because there is one, closing the stream
        // neither reads from the connection nor shuts it down.
        accepted.Close(CloseReason.LocalDispose);
        var socket = new Socket(handle);
        try
        {
            // An accepted Unix socket does not inherit the listener's buffer sizes (unix(7)).
            _options.ApplyTo(socket);
            return UnixDatagramEndpoint.Joined(socket, UnixNames.Named(socket.RemoteEndPoint)?.Serialize(), _options);
        }
        catch
        {
            // No other code has the socket, so its descriptor would leak.
            socket.Dispose();
            throw;
        }
    }

    private Exception FaultOf(AcceptResult accepted, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        accepted.Unexpected ?? Faults.Of(SocketOperation.Accept, accepted.Outcome, this, timeout, cancellationToken: cancellationToken);
}
