using SocketKit.Framing;

namespace SocketKit;

public abstract partial class StreamConnection
{
    /// <summary>Returns the connection as a sequence of messages.</summary>
    /// <param name="framing">Where messages end. One instance serves any number of connections.</param>
    /// <param name="options">The limits; null for the defaults.</param>
    /// <returns>The channel. Disposing it disposes the connection.</returns>
    /// <remarks>
    /// Possible once. From then on the calls that receive or send on the connection itself, <see cref="GetPipe"/> and
    /// <see cref="GetStream"/>, throw <see cref="InvalidOperationException"/>. Options, addresses, <see cref="Closed"/>,
    /// <see cref="SocketBase.Abort"/> and the counters work as before. <see cref="SocketBase.Dispose()"/> with messages queued closes with
    /// RST; a handler of <c>ServeAsync</c> or <c>KeepConnectedAsync</c> that returns, and <see cref="MessageChannel.DisposeAsync"/>, send
    /// them first.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="framing"/> is null.</exception>
    /// <exception cref="InvalidOperationException">
    /// It, or <see cref="GetPipe"/>, was called before, or a receive is in progress.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The connection was disposed.</exception>
    public MessageChannel GetMessages(MessageFraming framing, MessageOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(framing);
        var messages = new MessageChannel(this, framing, options);
        TakeOver(messages, "get messages");
        return messages;
    }

}
