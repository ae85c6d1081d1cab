using SocketKit.Sockets;

namespace SocketKit;

public abstract partial class StreamConnection
{
    private Dictionary<object, object?>? _items;

    /// <summary>
    /// What the application keeps with this connection, such as the name of a user. Made on first use; an untouched connection has none.
    /// </summary>
    /// <value>
    /// Always the same dictionary, also after close. It is not synchronized: threads that use it at the same time need a lock.
    /// </value>
    public IDictionary<object, object?> Items =>
        _items ?? Interlocked.CompareExchange(ref _items, [], null) ?? _items;

    /// <summary>
    /// Forwards everything that either connection receives to the other, until both have finished. When one peer finishes, the other
    /// connection is half-closed, and the other direction goes on.
    /// </summary>
    /// <param name="a">One connection. It is not disposed here.</param>
    /// <param name="b">The other one. It is not disposed here.</param>
    /// <param name="cancellationToken">
    /// Ends the relay. A receive loses nothing; a send that has begun aborts its connection, because the peer may have part of the bytes.
    /// </param>
    /// <returns>How many bytes of each connection the other one has sent.</returns>
    /// <remarks>
    /// The time-outs of both connections apply to every single receive and send. Meanwhile no other call may receive on either. The first
    /// failure ends both directions and is thrown; the connections that it did not abort are still usable.
    /// </remarks>
    /// <exception cref="ArgumentNullException">A connection is null.</exception>
    /// <exception cref="SocketTimeoutException">A time-out passed. What was received, but not sent, is lost.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">
    /// One connection has failed, for example by a reset. The other one was aborted, so that its peer does not see a clean end.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress on one of them.</exception>
    /// <exception cref="ObjectDisposedException">A connection was disposed before or during the call.</exception>
    public static Task<(long FromA, long FromB)> RelayAsync(
        StreamConnection a, StreamConnection b, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        return Relay.RunAsync(a, b, cancellationToken);
    }
}
