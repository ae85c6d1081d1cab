using System.Net.Sockets;
using SocketKit.Engine.Datagrams;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

/// <summary>
/// Datagrams over a System.Net.Sockets.Socket. A receive without a deadline may wait in the kernel. All other calls are single attempts
/// with poll(2), a <see cref="ZeroByteReceive"/> or, for sends, a pause between them.
/// </summary>
internal sealed partial class PortableDatagram : DatagramCore, IZeroByteOwner
{
    private readonly SocketEngine _engine;
    private readonly bool _blockingAtFirst;
    private volatile bool _closing;

    public PortableDatagram(SocketEngine engine, Socket socket, bool ownsSocket, DatagramCalls calls, bool blockingAtFirst)
        : base(socket, ownsSocket, calls)
    {
        _engine = engine;
        _kernelWaits = new KernelWaits(isShared: !ownsSocket);
        _blockingAtFirst = blockingAtFirst;
    }

    public override SocketEngine Engine => _engine;

    public override bool IsClosed => _closing;

    public bool IsClosing => _closing;

    /// <summary>An async wait has taken an error from the socket: the next receive throws it, so only that would not wait.</summary>
    public override Readiness Held => Volatile.Read(ref _waitError) != 0 ? Readiness.Readable | Readiness.Error : base.Held;

    ref ReadinessWaiters IReadinessOwner.Waiters => ref _waiters;

    protected override ref KernelWaits KernelWaits => ref _kernelWaits;

    ServiceSignal IReadinessOwner.SignalOf(CancellationToken cancellationToken) => ServiceSignal.None;

    /// <summary>Nobody waits for room here: a send waits by itself.</summary>
    bool IReadinessOwner.StartWritableWait() => false;

    protected override IoTask AwaitReadableAsync(CancellationToken cancellationToken) =>
        _waiters.WaitAsync(this, SelectMode.SelectRead, cancellationToken);

    protected override void EndReadableWaits() => _waiters.End(this, readable: true, writable: false);

    protected override void Close()
    {
        // A full fence: a receive that begins now sees the flag, or this thread sees its operation below.
        _closing = true;
        Interlocked.MemoryBarrier();
        EndWatches();
        EndSocket(mayWait: true);
        Volatile.Read(ref _receive)?.Interrupt(ChannelStatus.Closed);
        InterruptSends();
        _waiters.EndAll(this);
    }

    protected override void GiveBack()
    {
        base.GiveBack();
        Socket.Blocking = _blockingAtFirst;
    }
}
