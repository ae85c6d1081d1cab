using System.Buffers;
using System.Runtime.CompilerServices;

namespace SocketKit;

public sealed partial class MessageChannel
{
    /// <summary>Receives the next message without blocking a thread.</summary>
    /// <param name="cancellationToken">
    /// Ends the wait. Cancellation-safe: no byte is lost, and the channel stays usable. A call that gives way to other connections, after
    /// 256 messages without a wait, looks at it when it goes on.
    /// </param>
    /// <returns>
    /// The message, which is valid until the next receive; null once the peer has finished between two messages, or the server stops
    /// (<see cref="MessageOptions.EndWhenStopping"/>). Await it once.
    /// </returns>
    /// <exception cref="FrameException">
    /// The peer sent what can be no message, or finished inside one. The connection was aborted.
    /// </exception>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.ReceiveTimeout"/> passed: nothing is lost, call again. Or the peer was slower than
    /// <see cref="MessageOptions.MinimumRate"/> or <see cref="MessageOptions.MessageTimeout"/> allow: the connection was aborted.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or during the call.</exception>
    public ValueTask<ReadOnlySequence<byte>?> ReceiveAsync(CancellationToken cancellationToken = default) =>
        _reader.ReceiveAsync(cancellationToken);

    /// <summary>Receives the next message if it has arrived. It never waits, in any mode.</summary>
    /// <param name="message">
    /// The message, which is valid until the next receive. Null with a result of true: the peer has finished, or the server stops.
    /// </param>
    /// <returns>False if no whole message has arrived yet.</returns>
    /// <exception cref="FrameException">As for <see cref="ReceiveAsync"/>.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public bool TryReceive(out ReadOnlySequence<byte>? message) => _reader.TryReceive(out message);

    /// <summary>Receives the next message. It waits for at most <see cref="SocketBase.ReceiveTimeout"/>.</summary>
    /// <returns>
    /// The message, which is valid until the next receive; null once the peer has finished between two messages. A server that begins to
    /// stop ends a call like this one only when it closes the connection.
    /// </returns>
    /// <exception cref="FrameException">As for <see cref="ReceiveAsync"/>.</exception>
    /// <exception cref="SocketTimeoutException">As for <see cref="ReceiveAsync"/>.</exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: no whole message has arrived yet. Any other code: the connection has failed.
    /// </exception>
    /// <exception cref="InvalidOperationException">Another receive is in progress.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or during the call.</exception>
    public ReadOnlySequence<byte>? Receive() => _reader.Receive();

    /// <summary>Receives messages until the peer has finished or the server stops, for <c>await foreach</c>.</summary>
    /// <param name="cancellationToken">Ends the wait, as for <see cref="ReceiveAsync"/>.</param>
    /// <returns>
    /// The messages. Each is valid until the next one is asked for. Asking for one throws what <see cref="ReceiveAsync"/> throws.
    /// </returns>
    public async IAsyncEnumerable<ReadOnlySequence<byte>> ReceiveAllAsync(
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await ReceiveAsync(cancellationToken).ConfigureAwait(false) is { } message)
        {
            yield return message;
        }
    }
}
