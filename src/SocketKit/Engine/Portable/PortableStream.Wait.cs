using System.Net.Sockets;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

internal sealed partial class PortableStream
{
    private ReadinessWaiters _waiters;
    private ZeroByteReceive? _readableWait;
    private WritablePolls? _writablePolls;

    public override CancellationToken Closed
    {
        get
        {
            CancellationToken token = Signal.Token;
            if (!Signal.HasFired)
            {
                StopWaitingInKernel();
                WatchAgain();
            }

            return token;
        }
    }

    public override bool WaitReadable(TimeSpan timeout) => WaitFor(SelectMode.SelectRead, timeout);

    public override bool WaitWritable(TimeSpan timeout) => WaitFor(SelectMode.SelectWrite, timeout);

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken)
    {
        StopWaitingInKernel();
        return _waiters.WaitAsync(this, SelectMode.SelectRead, cancellationToken);
    }

    public override IoTask WaitWritableAsync(CancellationToken cancellationToken) =>
        _waiters.WaitAsync(this, SelectMode.SelectWrite, cancellationToken);

    public bool StartWritableWait()
    {
        if (IsReadyToSend())
        {
            return false;
        }

        WritablePolls polls = Volatile.Read(ref _writablePolls)
            ?? Interlocked.CompareExchange(ref _writablePolls, new WritablePolls(this), null)
            ?? _writablePolls;
        polls.Start();
        return true;
    }

    /// <summary>Ends the waits for room if there is room, or an error. False: somebody still waits.</summary>
    internal bool TryEndWritableWaits()
    {
        if (IsReadyToSend())
        {
            _waiters.End(this, readable: false, writable: true);
        }

        return !_waiters.HasWriters(this);
    }

    ref ReadinessWaiters IReadinessOwner.Waiters => ref _waiters;

    private bool IsReadyToSend()
    {
        try
        {
            return PollWait.IsReady(_socket, SelectMode.SelectWrite, Deadline.After(TimeSpan.Zero));
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: the next send reports it.
            return true;
        }
    }

    private bool WaitFor(SelectMode mode, TimeSpan timeout)
    {
        var deadline = Deadline.After(timeout);
        bool isLast = false;
        while (!IsClosing && !_kernelWaits.Poll(PollWait.IsReady, _socket, mode, deadline))
        {
            if (isLast)
            {
                return false;
            }

            // Readiness counts more than the deadline, because this thread may just have been late.
            isLast = deadline.HasPassed;
        }

        return true;
    }

    /// <summary>Keeps a wait pending so that an end is noticed although no receive is pending.</summary>
    protected override void WatchAgain()
    {
        if (!StartReadableWait())
        {
            WatchForClose();
        }
    }

    /// <summary>
    /// The socket is readable and no receive takes the data: an end or an error fires Closed, data stays for the next receive.
    /// </summary>
    private void WatchForClose()
    {
        while (Signal.IsWatched && !Signal.HasFired && !IsClosing && !LookForEnd() && !StartReadableWait())
        {
            // Data or an end came between the check and the wait.
        }
    }
}
