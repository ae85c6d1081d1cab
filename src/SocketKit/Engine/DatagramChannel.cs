using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Polling;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine;

/// <summary>
/// A bound or connected socket that moves whole messages: UDP, Unix datagrams, raw. The rules at the top of SocketEngine.cs hold for
/// every member; any number of sends may run side by side, because a datagram is sent whole or not at all.
/// </summary>
internal abstract class DatagramChannel : IDisposable
{
    /// <summary>The engine that moves the datagrams.</summary>
    public abstract SocketEngine Engine { get; }

    /// <summary>For options and inspection; never for input or output.</summary>
    public abstract Socket Socket { get; }

    /// <summary>What the socket leaves to the kernel.</summary>
    public abstract IDatagramOffload Offload { get; }

    public abstract bool IsClosed { get; }

    /// <summary>Where the code after an await continues; set before the first call. An engine without loops ignores it.</summary>
    public virtual Dispatch Dispatch { get; set; }

    /// <summary>
    /// Whether the engine references the channel while its endpoint is not referenced any more, so that somebody else has to close it.
    /// </summary>
    public virtual bool NeedsGuard => false;

    /// <summary>Whether receives report the destination of each datagram. The socket's options have to ask for it, too.</summary>
    public bool ReceivesPacketInfo { get; set; }

    /// <summary>Whether batches report what else the kernel tells of each datagram. The socket's options have to ask for it.</summary>
    public bool ReceivesDetails { get; set; }

    /// <summary>Whether the kernel queues ICMP errors. The socket's options have to ask for it.</summary>
    public bool ReceivesErrors { get; set; }

    /// <summary>The oldest error that the kernel has queued; null: none. recvmsg(2) with MSG_ERRQUEUE. Never waits.</summary>
    /// <exception cref="ObjectDisposedException">The socket is closed.</exception>
    public abstract DatagramError? TakeQueuedError();

    /// <summary>recvmsg(2). Writes the sender's address to <paramref name="from"/>; its size becomes 0 if the sender has no name.</summary>
    public abstract DatagramResult Receive(Span<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout);

    /// <summary>Like <see cref="Receive"/>, without blocking a thread.</summary>
    public abstract DatagramTask ReceiveAsync(
        Memory<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Fills the batch with what is there, and waits until something is. The count is that of the datagrams.</summary>
    public abstract IoResult ReceiveBatch(DatagramBatch batch, TimeSpan timeout);

    /// <summary>Like <see cref="ReceiveBatch"/>. If the task is pending, the end of the receive ends the use of the batch.</summary>
    public abstract IoTask ReceiveBatchAsync(DatagramBatch batch, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>
    /// Sends what is in the batch, and waits for room. What goes leaves the batch; see <see cref="OutgoingDatagrams.Ended"/>.
    /// </summary>
    public abstract IoResult SendBatch(DatagramBatch batch, TimeSpan timeout);

    /// <summary>Like <see cref="SendBatch"/>. If the task is pending, the end of the send ends the use of the batch.</summary>
    public abstract IoTask SendBatchAsync(DatagramBatch batch, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>
    /// sendto(2). AddressNotAvailable: the source is not an address of this machine. OperationNotSupported: the system takes no source.
    /// </summary>
    public abstract IoResult Send(ReadOnlySpan<byte> data, SendTarget target, TimeSpan timeout);

    public abstract IoTask SendAsync(ReadOnlyMemory<byte> data, SendTarget target, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>
    /// Sends a run of equal datagrams, and waits for room. The count is that of the bytes that went; see <see cref="SegmentRun.Ended"/>.
    /// </summary>
    /// <param name="data">The datagrams, one behind the other; none if it is empty.</param>
    /// <param name="segmentSize">Bytes of each; the last one may be shorter.</param>
    /// <param name="to">The receiver of all; null for the peer.</param>
    /// <param name="timeout">How long it waits for room.</param>
    public abstract IoResult SendSegments(ReadOnlySpan<byte> data, int segmentSize, SocketAddress? to, TimeSpan timeout);

    /// <summary>Like <see cref="SendSegments"/>, without blocking a thread.</summary>
    public abstract IoTask SendSegmentsAsync(
        ReadOnlyMemory<byte> data, int segmentSize, SocketAddress? to, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>connect(2): sets the only peer, and replaces an earlier one. Never waits. The local port stays.</summary>
    public abstract IoResult Connect(SocketAddress remote);

    /// <summary>
    /// From now on a send connects to this address again if the kernel has dropped the peer. Null turns that off; so do the next
    /// <see cref="Connect"/> and <see cref="Disconnect"/>.
    /// </summary>
    /// <param name="remote">The peer's address.</param>
    /// <param name="repeat">Whether the send that finds the peer closed connects again, too, instead of reporting it.</param>
    public abstract void KeepPeer(SocketAddress? remote, bool repeat);

    /// <summary>connect(2) with AF_UNSPEC: the socket receives from every sender again. The local port stays.</summary>
    public abstract IoResult Disconnect();

    /// <summary>getsockname(2) at this moment; null if it fails.</summary>
    public abstract SocketAddress? ReadLocalAddress();

    /// <summary>Whether a receive would not wait, within the time-out.</summary>
    public abstract bool WaitReadable(TimeSpan timeout);

    /// <summary>Whether a send would not wait, within the time-out.</summary>
    public abstract bool WaitWritable(TimeSpan timeout);

    /// <summary>Waits until a receive would not wait. Any number of callers may wait, also during a receive.</summary>
    public abstract IoTask WaitReadableAsync(CancellationToken cancellationToken);

    /// <summary>What a poller waits for; null: it cannot wait for this channel.</summary>
    public virtual IPollTarget? PollTarget => null;

    /// <summary>A second descriptor for the same socket, close-on-exec.</summary>
    public abstract SafeSocketHandle DuplicateHandle();

    public abstract void Dispose();
}
