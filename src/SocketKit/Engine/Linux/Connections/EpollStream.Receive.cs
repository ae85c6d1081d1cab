using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Connections;

internal sealed partial class EpollStream
{
    /// <summary>Whether a receive may succeed without a new edge. Owned by the receive under way.</summary>
    private bool _mayHaveMore;

    internal bool MayHaveMore => _mayHaveMore;

    internal void ExpectMore() => _mayHaveMore = true;

    protected override IoTask ReceiveEnteredAsync(
        ReceiveTarget target, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        int done = 0;
        bool isDeferred = _mayHaveMore && !EpollLoop.HasBudget;
        if (_mayHaveMore && !isDeferred)
        {
            IoResult outcome;
            try
            {
                outcome = Attempt(target.Span, kind, ref done);
            }
            catch
            {
                // Memory of the caller's own threw: nothing was received, and the next receive may begin.
                ExitReceive();
                throw;
            }

            if (outcome.Status != ChannelStatus.WouldBlock)
            {
                EpollLoop.Spend(outcome.Count);
                ExitReceive();
                return new(outcome);
            }

            target.GiveBack();
        }

        SocketError error = _descriptor.Register();
        if (error != SocketError.Success)
        {
            ExitReceive();
            return new(Fail(error, done));
        }

        EpollReceive operation = _descriptor.Receiving is EpollReceive last && last.TryRent() ? last : new EpollReceive(_descriptor, this);
        return operation.Start(target, done, kind, timeout, isDeferred, cancellationToken);
    }

    public override void CancelReceive() => _descriptor.CancelReceive();

    protected override int ReceiveOnce(Span<byte> buffer, bool wait, bool peek, out SocketError error)
    {
        // On a loop, try without waiting first: if data is there, no other thread has to take the loop over.
        bool isWorthATry = !wait || EpollLoop.Current is not null;
        int received = -1;
        error = SocketError.WouldBlock;
        if (isWorthATry)
        {
            received = StreamCalls.Receive(_descriptor.Number, buffer, wait: false, peek, out error);
        }

        if (wait && error == SocketError.WouldBlock && _descriptor.KernelWaits.TryBegin())
        {
            received = StreamCalls.Receive(_descriptor.Number, buffer, wait: true, peek, out error);
            _descriptor.KernelWaits.End(hasBegun: true);
        }

        if (!peek)
        {
            _mayHaveMore = received == buffer.Length || (received < 0 && error != SocketError.WouldBlock);
        }
        else if (received > 0)
        {
            _mayHaveMore = true;
        }

        return received;
    }

    protected override int ReceiveHandlesOnce(
        Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, out bool isTruncated, out SocketError error)
    {
        try
        {
            int received = HandlePassing.Receive(Socket, buffer, mostHandles, handles, out isTruncated, out error);

            // recvmsg(2) stops behind descriptors, so a short receive does not mean that the queue is empty.
            _mayHaveMore = received >= 0;
            return received;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile.
            isTruncated = false;
            error = SocketError.OperationAborted;
            return -1;
        }
    }

    protected override bool AwaitReadable(Deadline deadline) => _descriptor.Poll(StreamCalls.PollIn, deadline);

    protected override bool TryEnterReceive(out IoResult refusal)
    {
        BeginOutcome begun = _descriptor.State.Begin(Direction.Receive);
        refusal = begun switch
        {
            BeginOutcome.Busy => IoResult.Ended(ChannelStatus.Busy),
            BeginOutcome.Closing => IoResult.Ended(ChannelStatus.Closed),
            _ => default,
        };
        if (begun is BeginOutcome.Begun or BeginOutcome.BegunReady)
        {
            _mayHaveMore = begun == BeginOutcome.BegunReady;
            return true;
        }

        return false;
    }

    protected override void ExitReceive() => _descriptor.End(Direction.Receive, _mayHaveMore);
}
