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

    public override DatagramResult Receive(Span<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout)
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
                DatagramResult outcome = Attempt(buffer, from, peek, block: false);
                if (outcome.Status != ChannelStatus.WouldBlock || !isInfinite)
                {
                    return outcome;
                }
            }

            // Without a deadline one system call waits in the kernel. If the descriptor turns out not to block, this class polls.
            if (isInfinite && _descriptor.KernelWaits.TryBegin())
            {
                DatagramResult outcome = AttemptBlocking(buffer, from, peek);
                if (outcome.Status != ChannelStatus.WouldBlock)
                {
                    return outcome;
                }
            }

            return ReceiveWaiting(buffer, from, peek, Deadline.After(timeout));
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

        bool isDeferred = _mayHaveMore && !EpollLoop.HasBudget;
        if (_mayHaveMore && !isDeferred)
        {
            DatagramResult outcome = Attempt(bytes, from, peek, block: false);
            if (outcome.Status != ChannelStatus.WouldBlock)
            {
                EpollLoop.Spend(outcome.Outcome.Count);
                ExitReceive();
                return new(outcome);
            }
        }

        SocketError error = Register(EpollDescriptor.DatagramEvents);
        if (error != SocketError.Success)
        {
            ExitReceive();
            return new(new DatagramResult(OutcomeOf(error)));
        }

        EpollDatagramReceive operation = _descriptor.Receiving is EpollDatagramReceive last && last.TryRent()
            ? last
            : new EpollDatagramReceive(_descriptor, this);
        return operation.Start(buffer, from, peek, timeout, isDeferred, cancellationToken);
    }

    internal void ExpectMore() => _mayHaveMore = true;

    /// <summary>One recvmsg(2).</summary>
    internal DatagramResult Attempt(Span<byte> buffer, SocketAddress from, bool peek, bool block)
    {
        DatagramResult outcome;
        try
        {
            outcome = _calls.Receive(buffer, from, peek, block, ReceivesPacketInfo);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            return DatagramResult.Ended(ChannelStatus.Closed);
        }

        if (_descriptor.IsClosing)
        {
            // The shutdown by this channel's own close ends a receive like an empty datagram.
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

        if (outcome.IsSuccess && !peek)
        {
            DatagramSums.Receive(outcome.IsTruncated);
        }

        return outcome;
    }

    private static IoResult OutcomeOf(SocketError error) =>
        error == SocketError.OperationAborted ? IoResult.Ended(ChannelStatus.Closed) : IoResult.Failed(error);

    /// <summary>The wait in the kernel has been announced and counted.</summary>
    private DatagramResult AttemptBlocking(Span<byte> buffer, SocketAddress from, bool peek)
    {
        try
        {
            return Attempt(buffer, from, peek, block: true);
        }
        finally
        {
            _descriptor.KernelWaits.End(hasBegun: true);
        }
    }

    private DatagramResult ReceiveWaiting(Span<byte> buffer, SocketAddress from, bool peek, Deadline deadline)
    {
        // Waiting first saves the failed receive that a request-response client would otherwise make each time.
        bool waitFirst = !_mayHaveMore;
        while (true)
        {
            bool isLast = !waitFirst && deadline.HasPassed;
            if (!waitFirst)
            {
                DatagramResult outcome = Attempt(buffer, from, peek, block: false);
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
