using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Datagrams;

internal sealed partial class EpollDatagram
{
    /// <summary>
    /// Whether a receive may succeed without a new edge. Owned by the receive under way. Nothing tells how many datagrams an edge has
    /// announced, so it stays true until a receive finds none.
    /// </summary>
    private bool _mayHaveMore;

    /// <summary>A datagram may be there, but the loop's other work comes first. Owned by the receive under way.</summary>
    private bool _isDeferred;

    internal bool MayHaveMore => _mayHaveMore;

    protected override DatagramResult Receive(IncomingDatagrams incoming, TimeSpan timeout)
    {
        if (!TryEnterReceive(out DatagramResult refusal))
        {
            return refusal;
        }

        try
        {
            // On a loop, try without waiting first: if a datagram is there, no other thread has to take the loop over.
            bool isInfinite = timeout == Timeout.InfiniteTimeSpan;
            if (timeout == TimeSpan.Zero || (isInfinite && EpollLoop.Current is not null))
            {
                DatagramResult outcome = Attempt(incoming, block: false);
                if (outcome.Status != ChannelStatus.WouldBlock || !isInfinite)
                {
                    return outcome;
                }
            }

            // Without a deadline one system call waits in the kernel. If the descriptor turns out not to block, this class polls.
            if (isInfinite && KernelWaits.TryBegin())
            {
                DatagramResult outcome = AttemptBlocking(incoming);
                if (outcome.Status != ChannelStatus.WouldBlock)
                {
                    return outcome;
                }
            }

            return ReceiveWaiting(incoming, Deadline.After(timeout));
        }
        finally
        {
            ExitReceive();
        }
    }

    protected override bool MustWait(IncomingDatagrams incoming, out DatagramResult outcome)
    {
        _isDeferred = _mayHaveMore && !EpollLoop.HasBudget;
        if (_mayHaveMore && !_isDeferred)
        {
            outcome = Attempt(incoming, block: false);
            if (outcome.Status != ChannelStatus.WouldBlock)
            {
                EpollLoop.Spend(incoming.Batch is { } batch ? batch.Count * batch.DatagramSize : outcome.Outcome.Count);
                ExitReceive();
                return false;
            }
        }

        outcome = default;
        SocketError error = Register(EpollDescriptor.DatagramEvents);
        if (error == SocketError.Success)
        {
            return true;
        }

        ExitReceive();
        outcome = new DatagramResult(OutcomeOf(error));
        return false;
    }

    protected override DatagramTask WaitToReceiveAsync(
        Memory<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout, CancellationToken cancellationToken) =>
        RentReceive().Start(buffer, from, peek, timeout, _isDeferred, cancellationToken);

    protected override IoTask WaitToReceiveAsync(DatagramBatch batch, TimeSpan timeout, CancellationToken cancellationToken) =>
        RentReceive().Start(batch, timeout, _isDeferred, cancellationToken);

    private EpollDatagramReceive RentReceive() => _descriptor.Receiving is EpollDatagramReceive last && last.TryRent()
        ? last
        : new EpollDatagramReceive(_descriptor, this);

    internal void ExpectMore() => _mayHaveMore = true;

    /// <summary>One recvmsg(2) or recvmmsg(2).</summary>
    internal DatagramResult Attempt(IncomingDatagrams incoming, bool block)
    {
        // The kernel's own calls leave no error over for the next call.
        DatagramResult outcome = CallReceive(incoming, block, out _);
        if (outcome.Status == ChannelStatus.Closed)
        {
            return outcome;
        }

        _mayHaveMore = outcome.Status != ChannelStatus.WouldBlock;
        if (!_mayHaveMore && _descriptor.State.IsOver)
        {
            // The socket was shut down, and no edge will come.
            return IsSocketDisposed()
                ? DatagramResult.Ended(ChannelStatus.Closed)
                : new DatagramResult(IoResult.Failed(SocketError.Shutdown));
        }

        return outcome;
    }

    private static IoResult OutcomeOf(SocketError error) =>
        error == SocketError.OperationAborted ? IoResult.Ended(ChannelStatus.Closed) : IoResult.Failed(error);

    /// <summary>The wait in the kernel has been announced and counted.</summary>
    private DatagramResult AttemptBlocking(IncomingDatagrams incoming)
    {
        try
        {
            return Attempt(incoming, block: true);
        }
        finally
        {
            KernelWaits.End(hasBegun: true);
        }
    }

    private DatagramResult ReceiveWaiting(IncomingDatagrams incoming, Deadline deadline)
    {
        // Waiting first saves the failed receive that a request-response client would otherwise make each time.
        bool waitFirst = !_mayHaveMore;
        while (true)
        {
            bool isLast = !waitFirst && deadline.HasPassed;
            if (!waitFirst)
            {
                DatagramResult outcome = Attempt(incoming, block: false);
                if (outcome.Status != ChannelStatus.WouldBlock)
                {
                    return outcome;
                }
            }

            if (isLast)
            {
                return DatagramResult.Ended(ChannelStatus.DeadlinePassed);
            }

            // The deadline may pass while this thread is delayed: a datagram that is there counts more, so an attempt follows.
            waitFirst = false;
            AwaitReadable(deadline);
        }
    }

    protected override bool TryEnterReceive(out DatagramResult refusal)
    {
        switch (_descriptor.State.Begin(Direction.Receive))
        {
            case BeginOutcome.Busy:
                refusal = DatagramResult.Ended(ChannelStatus.Busy);
                return false;
            case BeginOutcome.Closing:
                refusal = DatagramResult.Ended(ChannelStatus.Closed);
                return false;
            case BeginOutcome.BegunReady:
                _mayHaveMore = true;
                break;
            default:
                _mayHaveMore = false;
                break;
        }

        refusal = default;
        return true;
    }

    private void ExitReceive() => _descriptor.End(Direction.Receive, _mayHaveMore);
}
