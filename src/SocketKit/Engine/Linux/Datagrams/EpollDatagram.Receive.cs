using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Tasks;
using SocketKit.Telemetry;

namespace SocketKit.Engine.Linux.Datagrams;

internal sealed partial class EpollDatagram
{
    /// <summary>
    /// Whether a receive may succeed without a new edge. Owned by the receive under way. Nothing tells how many datagrams an edge has
    /// announced, so it stays true until a receive finds none.
    /// </summary>
    private bool _mayHaveMore;

    internal bool MayHaveMore => _mayHaveMore;

    public override DatagramResult Receive(Span<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout) =>
        Receive(new IncomingDatagrams(buffer, from, peek), timeout);

    public override IoResult ReceiveBatch(DatagramBatch batch, TimeSpan timeout) => Receive(new IncomingDatagrams(batch), timeout).Outcome;

    private DatagramResult Receive(IncomingDatagrams incoming, TimeSpan timeout)
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
            if (isInfinite && _descriptor.KernelWaits.TryBegin())
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

    public override DatagramTask ReceiveAsync(
        Memory<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(DatagramResult.Ended(ChannelStatus.Canceled));
        }

        // The caller's memory may throw, so it is read before this receive counts as the one that is under way.
        Span<byte> bytes = buffer.Span;
        if (!TryEnterReceive(out DatagramResult refusal))
        {
            return new(refusal);
        }

        return !MustWait(new IncomingDatagrams(bytes, from, peek), out DatagramResult outcome, out bool isDeferred) ? new(outcome)
            : RentReceive().Start(buffer, from, peek, timeout, isDeferred, cancellationToken);
    }

    public override IoTask ReceiveBatchAsync(DatagramBatch batch, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        if (!TryEnterReceive(out DatagramResult refusal))
        {
            return new(refusal.Outcome);
        }

        return !MustWait(new IncomingDatagrams(batch), out DatagramResult outcome, out bool isDeferred) ? new(outcome.Outcome)
            : RentReceive().Start(batch, timeout, isDeferred, cancellationToken);
    }

    /// <summary>An async receive has begun: whether it has to wait. If not, it has ended with the outcome.</summary>
    private bool MustWait(IncomingDatagrams incoming, out DatagramResult outcome, out bool isDeferred)
    {
        isDeferred = _mayHaveMore && !EpollLoop.HasBudget;
        if (_mayHaveMore && !isDeferred)
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

    private EpollDatagramReceive RentReceive() => _descriptor.Receiving is EpollDatagramReceive last && last.TryRent()
        ? last
        : new EpollDatagramReceive(_descriptor, this);

    internal void ExpectMore() => _mayHaveMore = true;

    /// <summary>One recvmsg(2) or recvmmsg(2).</summary>
    internal DatagramResult Attempt(IncomingDatagrams incoming, bool block)
    {
        DatagramResult outcome;
        try
        {
            // The kernel's own calls leave no error over for the next call.
            outcome = incoming.Batch is { } batch
                ? new(_calls.ReceiveBatch(batch, block, ReceivesDetails, ReceivesPacketInfo, out _))
                : _calls.Receive(incoming.Buffer, incoming.From!, incoming.Peek, block, ReceivesPacketInfo);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            return DatagramResult.Ended(ChannelStatus.Closed);
        }

        if (_calls.TakeNews())
        {
            _watches.NoteHeld();
        }

        if (_descriptor.IsClosing)
        {
            // The shutdown by this channel's own close ends a receive like an empty datagram.
            incoming.Batch?.Restart();
            return DatagramResult.Ended(ChannelStatus.Closed);
        }

        _mayHaveMore = outcome.Status != ChannelStatus.WouldBlock;
        if (!_mayHaveMore && _descriptor.State.IsOver)
        {
            // The socket was shut down, and no edge will come.
            return IsSocketDisposed()
                ? DatagramResult.Ended(ChannelStatus.Closed)
                : new DatagramResult(IoResult.Failed(SocketError.Shutdown));
        }

        if (outcome.IsSuccess && !incoming.Peek)
        {
            DatagramSums.Receive(incoming.CountOf(outcome), incoming.TruncatedOf(outcome));
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
            _descriptor.KernelWaits.End(hasBegun: true);
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

    private bool TryEnterReceive(out DatagramResult refusal)
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
