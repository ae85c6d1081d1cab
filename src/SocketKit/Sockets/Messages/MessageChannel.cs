using SocketKit.Engine;
using SocketKit.Framing;
using SocketKit.Sockets.Messages;

namespace SocketKit;

/// <summary>
/// A connection as a sequence of messages, made by <see cref="StreamConnection.GetMessages"/>. A framing says where messages end.
/// </summary>
/// <remarks>
/// <para>
/// There is no task and no pipe between it and the socket: a receive takes bytes from the kernel when no whole message is left, and a
/// send is one call to the kernel. Receiving and sending have the three shapes of <see cref="StreamConnection"/>, and the connection's
/// time-outs.
/// </para>
/// <para>
/// One receive at a time. Sends may come from any thread; messages never interleave, and they go in the order of the calls.
/// <see cref="Dispose"/> and <see cref="DisposeAsync"/> may be called from any thread, any number of times. Await each
/// <see cref="ValueTask"/> once.
/// </para>
/// <para>
/// In a handler of <c>ServeAsync</c> or <c>KeepConnectedAsync</c> use no <c>await using</c>: leaving the handler does what
/// <see cref="DisposeAsync"/> does, and an exception that leaves it closes with RST.
/// </para>
/// </remarks>
public sealed partial class MessageChannel : IAsyncDisposable, IDisposable, IByteOwner
{
    private static readonly MessageOptions s_defaults = new();

    private readonly MessageReader _reader;
    private MessageSender? _sender;

    internal MessageChannel(StreamConnection connection, MessageFraming framing, MessageOptions? options)
    {
        Connection = connection;
        Framing = framing;
        Options = options ?? s_defaults;
        _reader = new MessageReader(this, Options.MaxMessageSize ?? framing.DefaultMaxMessageSize);
    }

    internal StreamConnection Connection { get; }

    internal MessageFraming Framing { get; }

    internal MessageOptions Options { get; }

    /// <summary>The longest message in bytes.</summary>
    internal int Limit => _reader.Limit;

    /// <summary>What the peer sent that broke the channel off; null: nothing did.</summary>
    internal FrameException? Refused => _reader.Broken as FrameException;

    /// <summary>Why calls are refused after a receive has aborted the connection, as part of a sentence; null: none has.</summary>
    internal string? WhyBroken => _reader.Broken switch
    {
        null or SocketTimeoutException => null,
        FrameException fault => $"a receive has aborted the connection: {fault.What.TrimEnd('.')}",
        { } fault => $"a receive has aborted the connection: the framing threw {fault.GetType().Name}: {fault.Message.TrimEnd('.')}",
    };

    /// <summary>Whether a message was cancelled after a part of it had gone, so that the connection was aborted.</summary>
    internal bool IsSendAbandoned => Volatile.Read(ref _sender)?.IsAbandoned ?? false;

    bool IByteOwner.HasUnsent => Volatile.Read(ref _sender)?.HasUnsent ?? false;

    string? IByteOwner.WhyBusy => _reader.WhyBusy
        ?? (((IByteOwner)this).HasUnsent ? "its messages hold some that were not sent" : null);

    string? IByteOwner.WhyUnread => _reader.WhyUnread;

    long IByteOwner.QueuedBytes => Volatile.Read(ref _sender)?.QueuedBytes ?? 0;

    /// <summary>Most connections that only wait have sent nothing, and hold no sender.</summary>
    private MessageSender Sender => Volatile.Read(ref _sender) ?? MakeSender();

    /// <summary>
    /// Sends what is queued first, and then disposes the connection. It waits for that no longer than the server's limit for stalled sends,
    /// or 5 seconds where there is none; then the peer gets RST, and <see cref="CloseReason.SlowPeer"/>.
    /// </summary>
    /// <returns>
    /// A task that completes when the connection is closed. It throws nothing: what could not be sent shows as RST at the peer. A
    /// <see cref="SocketBase.SendTimeout"/> that passes meanwhile, or has passed before, does not end it.
    /// </returns>
    public async ValueTask DisposeAsync()
    {
        await ((IByteOwner)this).SendRestAsync().ConfigureAwait(false);
        Connection.Dispose();
    }

    /// <summary>
    /// Disposes the connection without waiting. If a message is queued, or sent only in part, the peer gets RST. Calls that wait throw
    /// <see cref="ObjectDisposedException"/>; a handler of <c>ServeAsync</c> that lets it out has failed.
    /// </summary>
    public void Dispose() => Connection.Dispose();

    async ValueTask IByteOwner.SendRestAsync()
    {
        if (Volatile.Read(ref _sender) is not { HasUnsent: true } sender)
        {
            return;
        }

        using var limit = new CancellationTokenSource(Connection.ClosingLimit);
        while (sender is { HasUnsent: true, IsUsable: true })
        {
            try
            {
                await sender.FlushAsync(limit.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                // The peer reads too slowly.
                Connection.Abort(CloseReason.SlowPeer);
            }
            catch (Exception)
            {
                // A time-out of a send, perhaps one before, leaves what is queued. After any other failure the sender is not usable, and
                // closing is a reset, which tells the peer.
            }
        }
    }

    /// <summary>What was queued leaves now, because the receive is about to wait.</summary>
    internal void SendQueued() => Volatile.Read(ref _sender)?.SendQueued();

    /// <summary>The receive gives way to other connections, and goes on with the next turn.</summary>
    internal void ResumeLater() => Sender.ResumeLater();

    internal void Resume() => _reader.Resume();

    private MessageSender MakeSender()
    {
        var sender = new MessageSender(this);
        return Interlocked.CompareExchange(ref _sender, sender, null) ?? sender;
    }
}
