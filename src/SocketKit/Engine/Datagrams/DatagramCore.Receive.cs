using System.Net;
using System.Net.Sockets;
using SocketKit.Engine.Tasks;
using SocketKit.Telemetry;

namespace SocketKit.Engine.Datagrams;

/// <summary>Receives, one at a time.</summary>
internal abstract partial class DatagramCore
{
    public override DatagramError? TakeQueuedError() => Calls.TakeQueuedError();

    public override DatagramResult Receive(Span<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout) =>
        Receive(new IncomingDatagrams(buffer, from, peek), timeout);

    public override IoResult ReceiveBatch(DatagramBatch batch, TimeSpan timeout) => Receive(new IncomingDatagrams(batch), timeout).Outcome;

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

        return MustWait(new IncomingDatagrams(bytes, from, peek), out DatagramResult outcome)
            ? WaitToReceiveAsync(buffer, from, peek, timeout, cancellationToken)
            : new(outcome);
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

        return MustWait(new IncomingDatagrams(batch), out DatagramResult outcome)
            ? WaitToReceiveAsync(batch, timeout, cancellationToken)
            : new(outcome.Outcome);
    }

    /// <summary>Enters, receives on this thread, and leaves.</summary>
    protected abstract DatagramResult Receive(IncomingDatagrams incoming, TimeSpan timeout);

    /// <summary>Whether this call is now the receive that is under way.</summary>
    protected abstract bool TryEnterReceive(out DatagramResult refusal);

    /// <summary>An async receive has entered: whether it has to wait. If not, it has ended with the outcome, and left.</summary>
    protected abstract bool MustWait(IncomingDatagrams incoming, out DatagramResult outcome);

    /// <summary>Waits for a datagram.</summary>
    /// <param name="buffer">Receives the bytes.</param>
    /// <param name="from">Receives the sender's address.</param>
    /// <param name="peek">Whether the datagram stays in the queue.</param>
    /// <param name="timeout">How long it waits; zero is no limit, because async calls have no non-blocking mode.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    protected abstract DatagramTask WaitToReceiveAsync(
        Memory<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Waits for datagrams, for a batch in place of a buffer.</summary>
    protected abstract IoTask WaitToReceiveAsync(DatagramBatch batch, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>One recvmsg(2) or recvmmsg(2). Closed if the channel was closed meanwhile.</summary>
    /// <param name="incoming">What it fills.</param>
    /// <param name="block">Whether the system call may wait in the kernel.</param>
    /// <param name="next">The error that a receive after the last datagram of a batch has met; the next call has to report it.</param>
    protected DatagramResult CallReceive(IncomingDatagrams incoming, bool block, out SocketError next)
    {
        next = SocketError.Success;
        DatagramResult outcome;
        try
        {
            outcome = incoming.Batch is { } batch
                ? new(Calls.ReceiveBatch(batch, block, ReceivesDetails, ReceivesPacketInfo, out next))
                : Calls.Receive(incoming.Buffer, incoming.From!, incoming.Peek, block, ReceivesPacketInfo);
            if (ReceivesErrors && outcome.Status == ChannelStatus.WouldBlock)
            {
                // As long as the kernel's queue has an error, poll(2) reports it at once, and the wait that follows would not wait.
                Calls.KeepErrors();
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, by this library or by the socket's owner.
            return DatagramResult.Ended(ChannelStatus.Closed);
        }

        if (Calls.TakeNews())
        {
            NoteHeld();
        }

        if (IsClosed)
        {
            // The shutdown by this channel's own close ends a receive like an empty datagram.
            incoming.Batch?.Restart();
            return DatagramResult.Ended(ChannelStatus.Closed);
        }

        if (outcome.IsSuccess && !incoming.Peek)
        {
            DatagramSums.Receive(incoming.CountOf(outcome), incoming.TruncatedOf(outcome));
        }

        return outcome;
    }
}
