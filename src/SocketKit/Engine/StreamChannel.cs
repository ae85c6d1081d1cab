using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine;

/// <summary>
/// A connected byte stream. The rules at the top of SocketEngine.cs hold for every member. All members are virtual, so that a channel can
/// wrap another one.
/// </summary>
internal abstract class StreamChannel : IDisposable
{
    /// <summary>The engine that moves the bytes.</summary>
    public abstract SocketEngine Engine { get; }

    /// <summary>
    /// For options and inspection, never for input or output. The caller is inside (<see cref="TryEnter"/>), or no other thread knows the
    /// channel yet.
    /// </summary>
    public abstract Socket Socket { get; }

    /// <summary>
    /// getsockname(2), called when the channel was made. An IPv4-mapped address is shown as IPv4; null if the call failed.
    /// </summary>
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>getpeername(2), otherwise like <see cref="LocalEndPoint"/>.</summary>
    public abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>Whether this side has disposed or aborted the channel.</summary>
    public abstract bool IsClosed { get; }

    /// <summary>Whether the channel is closed because a send was cancelled after part of its message had been sent.</summary>
    public virtual bool IsSendAbandoned => false;

    /// <summary>Whether this side has shut down sending.</summary>
    public virtual bool HasShutSend => false;

    /// <summary>Whether a receive is under way, blocked or pending.</summary>
    public abstract bool IsReceiving { get; }

    /// <summary>Set once by the first cause; only <see cref="CloseReason.PeerFinished"/> may still change.</summary>
    public abstract CloseReason CloseReason { get; }

    /// <summary>Fires when the connection is over. Watching starts with the first read of this property.</summary>
    public abstract CancellationToken Closed { get; }

    /// <summary>
    /// Bytes that receives have taken. Bytes that were peeked at or discarded by closing do not count. Readable after close.
    /// </summary>
    public abstract long BytesReceived { get; }

    /// <summary>Bytes of all kinds of sends that the kernel has taken. Readable after close.</summary>
    public abstract long BytesSent { get; }

    /// <summary>Bytes of sends that wait: those that the transport has not taken yet. 0 when nothing waits.</summary>
    public abstract long QueuedBytes { get; }

    /// <summary>Whether a send is under way, blocked or pending.</summary>
    public abstract bool IsSending { get; }

    /// <summary>Bytes that the kernel holds for the next receive: FIONREAD. 0 after the close.</summary>
    public abstract int UnreadBytes { get; }

    /// <summary>Bytes that a receive would find, as far as that is known. The caller is inside.</summary>
    public virtual int CountAvailable(Socket socket) => socket.Available;

    /// <summary>
    /// Bytes that the kernel has taken from this channel or from the one inside it, so that the progress of every send is seen.
    /// </summary>
    public virtual long BytesTaken => BytesSent;

    /// <summary>
    /// Bytes that the kernel has taken and the peer has not: SIOCOUTQ. Over TCP they wait for an acknowledgement, over a Unix socket for a
    /// receive, and the system counts its own bookkeeping, too. 0 after the close, and on systems other than Linux.
    /// </summary>
    public abstract int UnsentBytes { get; }

    /// <summary>
    /// The tokens of the service that runs a handler for this connection; null if there is none. Receives that are given one of these
    /// tokens do not register with it: the service calls <see cref="CancelServed"/> when it has fired.
    /// </summary>
    public abstract ServiceTokens? Service { get; set; }

    /// <summary>
    /// The signal that this token fires with; none if it does not belong to <see cref="Service"/>. <see cref="CancelServed"/> ends
    /// operations that wait with the token.
    /// </summary>
    public abstract ServiceSignal SignalOf(CancellationToken cancellationToken);

    /// <summary>Where async calls that had to wait resume; set before the first call. The portable engine ignores it.</summary>
    public abstract Dispatch Dispatch { get; set; }

    /// <summary>
    /// Counts the caller as inside until it calls <see cref="Leave"/>. The descriptor stays open for that time. False: the channel is
    /// closing.
    /// </summary>
    public abstract bool TryEnter();

    /// <summary>The counterpart of <see cref="TryEnter"/>.</summary>
    public abstract void Leave();

    /// <summary>recv(2). With an empty buffer it waits until a receive would not wait, and takes nothing.</summary>
    public abstract IoResult Receive(Span<byte> buffer, ReceiveKind kind, TimeSpan timeout);

    public abstract IoTask ReceiveAsync(Memory<byte> buffer, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>
    /// Receives at least one byte into memory that the lender is asked for when something is there. A channel that cannot ask late asks at
    /// once.
    /// </summary>
    public virtual IoTask ReceiveAsync(IMemoryLender lender, TimeSpan timeout, CancellationToken cancellationToken) =>
        ReceiveAsync(lender.Lend(), ReceiveKind.Some, timeout, cancellationToken);

    /// <summary>
    /// Ends the async receive that waits, if there is one, as canceled. One that is being attempted at this moment ends so unless it
    /// succeeds.
    /// </summary>
    public abstract void CancelReceive();

    /// <summary>
    /// send(2) until the kernel has taken all bytes. With a zero time-out it sends what fits at once, or returns WouldBlock if nothing
    /// fits.
    /// </summary>
    public abstract IoResult Send(ReadOnlySpan<byte> data, TimeSpan timeout);

    public abstract IoTask SendAsync(ReadOnlyMemory<byte> data, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>
    /// Like <see cref="Send(ReadOnlySpan{byte}, TimeSpan)"/> for a message in two parts, gathered. Together they fit in an int.
    /// </summary>
    public abstract IoResult Send(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body, TimeSpan timeout);

    /// <summary>The same without blocking a thread.</summary>
    public abstract IoTask SendAsync(
        ReadOnlyMemory<byte> header, ReadOnlyMemory<byte> body, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>
    /// Sends all segments, gathered into as few calls as the system allows. The count is in <paramref name="progress"/>, because it may
    /// exceed an int.
    /// </summary>
    public abstract ValueTask<IoResult> SendAsync(
        ReadOnlySequence<byte> data, SendProgress progress, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Sends part of a file as one message of the send queue. The count is in <paramref name="progress"/>, as above.</summary>
    public abstract ValueTask<IoResult> SendFileAsync(
        SafeFileHandle file, long offset, long count, SendProgress progress, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>
    /// Like <see cref="Send(ReadOnlySpan{byte}, TimeSpan)"/>, with descriptors on the first byte (SCM_RIGHTS). Unix sockets on Linux only;
    /// at least one byte.
    /// </summary>
    public abstract IoResult SendHandles(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, TimeSpan timeout);

    /// <summary>The same without blocking a thread. The descriptors stay open until the task ends.</summary>
    public abstract ValueTask<IoResult> SendHandlesAsync(
        ReadOnlyMemory<byte> data, int[] descriptors, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>
    /// Like <see cref="Receive"/>. Descriptors that arrive with the bytes are added to the list, close-on-exec; the caller owns them
    /// whatever the outcome. If descriptors were lost the outcome is MessageSize, or TooManyOpenSockets if this process had no room for
    /// them.
    /// </summary>
    public abstract IoResult ReceiveHandles(Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, TimeSpan timeout);

    /// <summary>shutdown(2) of the sending half.</summary>
    public abstract IoResult ShutdownSend();

    /// <summary>Whether a receive would not wait, within the time-out.</summary>
    public abstract bool WaitReadable(TimeSpan timeout);

    /// <summary>Whether a send would not wait, within the time-out.</summary>
    public abstract bool WaitWritable(TimeSpan timeout);

    /// <summary>Waits until a receive would not wait. Any number of callers may wait, also during a receive.</summary>
    public abstract IoTask WaitReadableAsync(CancellationToken cancellationToken);

    /// <summary>Waits until a send would not wait. Any number of callers may wait, also during a send.</summary>
    public abstract IoTask WaitWritableAsync(CancellationToken cancellationToken);

    /// <summary>
    /// A second descriptor for the same connection, close-on-exec. From now on closing does not shut the connection down.
    /// </summary>
    public abstract SafeSocketHandle DuplicateHandle();

    /// <summary>getsockopt(2). False where the system has no such option, or the channel was closed.</summary>
    public virtual bool TryReadOption(int level, int name, Span<byte> value)
    {
        try
        {
            return Socket.GetRawSocketOption(level, name, value) == value.Length;
        }
        catch (SocketException)
        {
            // Another kind of socket, or a kernel without the option.
            return false;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile.
            return false;
        }
    }

    /// <summary>Why a call has failed, where the system's code does not say it; null where it does.</summary>
    public virtual string? Explain(SocketError error) => null;

    /// <summary>The exception for a failure that is none of the system; null if it is one.</summary>
    /// <param name="what">The operation and the endpoints, for the message.</param>
    /// <param name="error">The error that the call has returned.</param>
    public virtual Exception? FailureOf(string what, SocketError error) => null;

    /// <summary>If <see cref="Closed"/> is watched, the channel references this object until that token fires.</summary>
    public virtual void KeepWhileWatched(object keeper)
    {
    }

    /// <summary>
    /// Whether the owner has to see to it that the channel is closed when the owner is no longer referenced.
    /// </summary>
    public abstract bool NeedsGuard { get; }

    /// <summary>Runs the handler of a connection that was just accepted, where the engine runs user code.</summary>
    public abstract void Run(IThreadPoolWorkItem handler);

    /// <summary>
    /// Runs the work when the engine's loop, if this thread runs on one, has handled what was ready; else on the thread pool. A channel is
    /// given the same work each time, and never before it has run.
    /// </summary>
    public virtual void RunLater(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);

    /// <summary>Ends the operations that wait with the token of this signal, which has fired, as canceled.</summary>
    public abstract void CancelServed(ServiceSignal signal);

    /// <summary>Closes with RST, giving <paramref name="reason"/>.</summary>
    public abstract void Abort(CloseReason reason);

    /// <summary>Closes with FIN, or with RST if a message is only partly sent, giving <paramref name="reason"/>.</summary>
    /// <param name="reason">Told to whoever asks why the connection ended.</param>
    /// <param name="owner">Asked, too, whether a message is only partly sent; null: nobody sends messages in several calls.</param>
    public abstract void Close(CloseReason reason, IByteOwner? owner = null);

    /// <summary>What a poller waits for; null: this channel reads ahead or encrypts, so its descriptor does not tell.</summary>
    public virtual IPollTarget? PollTarget => null;

    /// <summary>The same as <see cref="Close"/> by this side's user.</summary>
    public void Dispose() => Close(CloseReason.LocalDispose);

    /// <summary>
    /// This channel takes the place of another one, so it goes on with the other's counts. Called before any byte goes through it.
    /// </summary>
    public abstract void ContinueCounts(long received, long sent);

    /// <summary>How many bytes of a message in several parts have been sent.</summary>
    internal sealed class SendProgress
    {
        public long Sent { get; set; }
    }
}
