using System.Buffers;
using System.Text;

namespace SocketKit;

public sealed partial class MessageChannel
{
    private static readonly Action<IBufferWriter<byte>, string> s_writeText =
        static (output, text) => Encoding.UTF8.GetBytes(text, output);

    /// <summary>
    /// Sends a message without blocking a thread. Messages that are sent while a send is under way are gathered into the next one.
    /// </summary>
    /// <param name="message">The message without what frames it; it must not change until the task completes.</param>
    /// <param name="cancellationToken">
    /// Takes the message out of the queue while none of its bytes went; the channel stays usable. If a part went, the connection is
    /// aborted.
    /// </param>
    /// <returns>A task that completes when the kernel has the whole message. Await it once.</returns>
    /// <exception cref="ArgumentException">
    /// The framing cannot carry the message, or it is too long. Thrown synchronously, before any byte goes.
    /// </exception>
    /// <exception cref="NotSupportedException">The framing only receives. Thrown synchronously.</exception>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.SendTimeout"/> passed, counted from when the first byte could go. If it says that bytes were sent,
    /// no further message can be. It also comes when the message was not begun, because the one before it was cut, or because the time of
    /// messages that <see cref="TrySend"/> has queued passed and no call has told it yet.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or during the call.</exception>
    public ValueTask SendAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken = default) =>
        Sender.SendAsync(new ReadOnlySequence<byte>(message), cancellationToken);

    /// <summary>Sends a message that lies in pieces, without blocking a thread.</summary>
    /// <param name="message">The message without what frames it; it must not change until the task completes.</param>
    /// <param name="cancellationToken">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</param>
    /// <returns>A task that completes when the kernel has the whole message. Await it once.</returns>
    /// <exception cref="ArgumentException">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</exception>
    /// <exception cref="NotSupportedException">The framing only receives. Thrown synchronously.</exception>
    /// <exception cref="SocketTimeoutException">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or during the call.</exception>
    public ValueTask SendAsync(ReadOnlySequence<byte> message, CancellationToken cancellationToken = default) =>
        Sender.SendAsync(message, cancellationToken);

    /// <summary>Sends a text as UTF-8, without blocking a thread. It is encoded before the call returns.</summary>
    /// <param name="message">The text without what frames it.</param>
    /// <param name="cancellationToken">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</param>
    /// <returns>A task that completes when the kernel has the whole message. Await it once.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="message"/> is null.</exception>
    /// <exception cref="ArgumentException">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</exception>
    /// <exception cref="NotSupportedException">The framing only receives. Thrown synchronously.</exception>
    /// <exception cref="SocketTimeoutException">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or during the call.</exception>
    public ValueTask SendAsync(string message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        return WriteAsync(message, s_writeText, cancellationToken);
    }

    /// <summary>
    /// Sends a message that is written in place: into the memory that is sent, behind a gap in which its length is filled in afterwards.
    /// </summary>
    /// <typeparam name="TState">What the writer needs.</typeparam>
    /// <param name="state">Given to <paramref name="write"/>, so that the delegate can be static.</param>
    /// <param name="write">
    /// Writes the message. It runs once, before the call returns, and must not keep the writer. What it throws comes out of the call, and
    /// nothing is sent.
    /// </param>
    /// <param name="cancellationToken">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</param>
    /// <returns>A task that completes when the kernel has the whole message. Await it once.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="write"/> is null.</exception>
    /// <exception cref="ArgumentException">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</exception>
    /// <exception cref="NotSupportedException">The framing only receives. Thrown synchronously.</exception>
    /// <exception cref="SocketTimeoutException">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or during the call.</exception>
    public ValueTask WriteAsync<TState>(
        TState state, Action<IBufferWriter<byte>, TState> write, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(write);
        return cancellationToken.IsCancellationRequested
            ? ValueTask.FromCanceled(cancellationToken)
            : Sender.SendFramedAsync(Sender.Frame(state, write), cancellationToken);
    }

    /// <summary>
    /// Copies a message into the send queue, and never waits. What is queued leaves in one call: when this channel's receive would wait,
    /// when 64 KiB are queued, with the next <see cref="FlushAsync"/> or <c>SendAsync</c>, and else by itself. For code on a loop of the
    /// engine that is when it gives the loop back. For any other thread the thread pool sends it at once.
    /// </summary>
    /// <param name="message">The message without what frames it.</param>
    /// <returns>
    /// False if the message does not fit into <see cref="MessageOptions.SendQueueLimit"/>, because the peer reads too slowly. Nothing was
    /// queued; whether to drop the message or to cut the peer is yours to decide.
    /// </returns>
    /// <exception cref="ArgumentException">The framing cannot carry the message, or it is too long. Nothing was queued.</exception>
    /// <exception cref="NotSupportedException">The framing only receives.</exception>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.SendTimeout"/> passed while queued messages were being sent; told once. They stay queued, and this
    /// message was not queued.
    /// </exception>
    /// <exception cref="SocketOperationException">The connection has failed, perhaps when queued messages were sent.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public bool TrySend(ReadOnlySpan<byte> message) => Sender.TrySend(message);

    /// <summary>
    /// Sends a message and waits on this thread, for at most <see cref="SocketBase.SendTimeout"/>, until the kernel has it.
    /// <see cref="Thread.Interrupt"/> ends the wait; the message is sent all the same.
    /// </summary>
    /// <param name="message">The message without what frames it.</param>
    /// <exception cref="ArgumentException">The framing cannot carry the message, or it is too long. Nothing was sent.</exception>
    /// <exception cref="NotSupportedException">The framing only receives.</exception>
    /// <exception cref="SocketTimeoutException">As for <see cref="SendAsync(ReadOnlyMemory{byte}, CancellationToken)"/>.</exception>
    /// <exception cref="SocketOperationException">
    /// WouldBlock in non-blocking mode: the message would have to wait, and nothing of it was sent. A message of which a part fits is sent
    /// in the background. Any other code: the connection has failed and cannot be used any more.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or during the call.</exception>
    public void Send(ReadOnlySpan<byte> message) => Sender.Send(message);

    /// <summary>Sends what is queued, without blocking a thread.</summary>
    /// <param name="cancellationToken">Ends the wait; what is queued is sent all the same.</param>
    /// <returns>A task that completes when the kernel has everything that was queued before this call. Await it once.</returns>
    /// <exception cref="SocketTimeoutException">
    /// A positive <see cref="SocketBase.SendTimeout"/> passed. What is queued stays, for the next call.
    /// </exception>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    /// <exception cref="SocketOperationException">The connection has failed and cannot be used any more.</exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed, before or during the call.</exception>
    public ValueTask FlushAsync(CancellationToken cancellationToken = default) => Sender.FlushAsync(cancellationToken);
}
