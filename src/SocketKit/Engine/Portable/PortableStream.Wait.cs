using System.Net.Sockets;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

internal sealed partial class PortableStream
{
    private ReadabilityWaiters _waiters;
    private ZeroByteReceive? _readableWait;

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
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        StopWaitingInKernel();
        return _waiters.WaitAsync(this, cancellationToken);
    }

    ref ReadabilityWaiters IReadinessOwner.Waiters => ref _waiters;

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
