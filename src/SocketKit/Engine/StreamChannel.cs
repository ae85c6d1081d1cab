using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine;

/// <summary>A connected byte stream. The rules at the top of SocketEngine.cs hold for every member.</summary>
internal abstract class StreamChannel : IDisposable
{
    /// <summary>For options and inspection, by a caller that is inside, or before anybody else knows the channel; never for input or output.</summary>
    public abstract Socket Socket { get; }

    /// <summary>getsockname(2), taken when the channel was made, IPv4 where it is mapped; null where the system could not say.</summary>
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>getpeername(2), as <see cref="LocalEndPoint"/>.</summary>
    public abstract EndPoint? RemoteEndPoint { get; }

    /// <summary>Whether this side has disposed or aborted the channel.</summary>
    public abstract bool IsClosed { get; }

    /// <summary>Whether the channel is closed because a send that had handed over part of its message was cancelled.</summary>
    public virtual bool IsSendAbandoned => false;

    /// <summary>Whether a receive is under way, blocked or pending.</summary>
    public abstract bool IsReceiving { get; }

    /// <summary>Set once by the first cause; only <see cref="CloseReason.PeerFinished"/> may still change.</summary>
    public abstract CloseReason CloseReason { get; }

    /// <summary>Fires when the connection is over. Watching starts with the first read of this property.</summary>
    public abstract CancellationToken Closed { get; }

    /// <summary>SO_LINGER as layer 3 has set it: zero closes with RST; a positive time may be waited for in the kernel, so on another thread.</summary>
    public TimeSpan? Linger { get; set; }

    /// <summary>
    /// The token of the service that runs a handler for this connection. Receives that are given it do not register with it: the service
    /// calls <see cref="CancelServed"/> when it has fired.
    /// </summary>
    public CancellationToken ServiceToken { get; set; }

    /// <summary>Whether what waits with this token is ended by <see cref="CancelServed"/>.</summary>
    public bool Follows(CancellationToken cancellationToken) => cancellationToken.CanBeCanceled && cancellationToken == ServiceToken;

    /// <summary>Where async calls that had to wait go on; set before the first call. An engine without a choice ignores it.</summary>
    public Dispatch Dispatch { get; set; }

    /// <summary>A caller is inside until it calls <see cref="Leave"/>, and the descriptor stays open for so long. False: the channel is closing.</summary>
    public abstract bool TryEnter();

    /// <summary>The counterpart of <see cref="TryEnter"/>.</summary>
    public abstract void Leave();

    /// <summary>recv(2). An empty buffer waits until a receive would not wait, and takes nothing.</summary>
    public abstract IoResult Receive(Span<byte> buffer, ReceiveKind kind, TimeSpan timeout);

    public abstract IoTask ReceiveAsync(Memory<byte> buffer, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>send(2) until all is with the kernel; with a zero time-out what fits at once, or WouldBlock if that is nothing.</summary>
    public abstract IoResult Send(ReadOnlySpan<byte> data, TimeSpan timeout);

    public abstract IoTask SendAsync(ReadOnlyMemory<byte> data, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Sends all segments, gathered into as few calls as the system allows.</summary>
    public abstract IoTask SendAsync(ReadOnlySequence<byte> data, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Sends part of a file as one message of the send queue. The count is in <paramref name="progress"/>, because it may exceed an int.</summary>
    public abstract ValueTask<IoResult> SendFileAsync(
        SafeFileHandle file, long offset, long count, FileProgress progress, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>As <see cref="Send"/>, with descriptors on the first byte (SCM_RIGHTS). Unix sockets on Linux only; at least one byte.</summary>
    public abstract IoResult SendHandles(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, TimeSpan timeout);

    /// <summary>
    /// As <see cref="Receive"/>, with the descriptors that came along, close-on-exec; the caller owns what is in the list, whatever the
    /// outcome. When some were lost the outcome is MessageSize, or TooManyOpenSockets if this process had no room.
    /// </summary>
    public abstract IoResult ReceiveHandles(Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, TimeSpan timeout);

    /// <summary>shutdown(2) of the sending half.</summary>
    public abstract IoResult ShutdownSend();

    /// <summary>Whether a receive would not wait, within the time-out.</summary>
    public abstract bool WaitReadable(TimeSpan timeout);

    /// <summary>Whether a send would not wait, within the time-out.</summary>
    public abstract bool WaitWritable(TimeSpan timeout);

    /// <summary>Waits until a receive would not wait. Any number at a time, beside a receive.</summary>
    public abstract IoTask WaitReadableAsync(CancellationToken cancellationToken);

    /// <summary>A second descriptor for the same connection, close-on-exec; from now on closing does not shut the connection down.</summary>
    public abstract SafeSocketHandle DuplicateHandle();

    /// <summary>What closes the channel when its owner is forgotten; the owner keeps it, and releases it after closing. Null where none is needed.</summary>
    public virtual FinalizerGuard? NewGuard() => null;

    /// <summary>Runs the handler of a connection that was just accepted, where the engine runs user code.</summary>
    public virtual void Run(IThreadPoolWorkItem handler) => ThreadPool.UnsafeQueueUserWorkItem(handler, preferLocal: false);

    /// <summary>Ends what waits with <see cref="ServiceToken"/>, which has fired, as canceled.</summary>
    public abstract void CancelServed();

    /// <summary>Closes with RST, giving <paramref name="reason"/>.</summary>
    public abstract void Abort(CloseReason reason);

    /// <summary>Closes with FIN, unless a message is half sent.</summary>
    public abstract void Dispose();

    /// <summary>How far a file has been sent.</summary>
    internal sealed class FileProgress
    {
        public long Sent { get; set; }
    }
}
