using System.Net.Sockets;
using System.Runtime.InteropServices;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Connections;

internal sealed partial class EpollStream
{
    private EpollSend? _send;

    /// <summary>Takes the direction for an operation, and tries once more if something came. False: it has ended already.</summary>
    internal bool BeginSend(EpollSend operation, int sent, out IoResult outcome)
    {
        BeginOutcome begun = _word.Begin(Direction.Send);
        outcome = IoResult.Ended(ChannelStatus.Closed, sent);
        if (begun is BeginOutcome.Closing or BeginOutcome.Busy)
        {
            return false;
        }

        operation.Rest();
        bool ended = begun == BeginOutcome.BegunReady && operation.TryFirst(out outcome);
        if (!ended && Register() is var error && error != SocketError.Success)
        {
            outcome = Fail(error, sent);
            ended = true;
        }

        if (ended && _word.End(Direction.Send, ready: true))
        {
            CloseUnused();
        }

        return !ended;
    }

    protected override int SendOnce(ReadOnlySpan<byte> data, bool wait, out SocketError error)
    {
        if (!_word.TryEnter())
        {
            error = SocketError.OperationAborted;
            return -1;
        }

        bool waits = wait && EpollLoop.Current is null;
        if (waits)
        {
            BeginKernelWait();
        }

        // On a loop it does not wait: the caller hands the loop over and polls when the kernel is full.
        int sent = StreamCalls.Send(_fd, data, waits, out error);
        if (waits)
        {
            EndKernelWait();
        }

        Leave();
        return sent;
    }

    protected override int SendGatheredOnce(List<ArraySegment<byte>> segments, out SocketError error)
    {
        if (!_word.TryEnter())
        {
            error = SocketError.OperationAborted;
            return -1;
        }

        int sent = StreamCalls.SendGathered(_fd, CollectionsMarshal.AsSpan(segments), out error);
        Leave();
        return sent;
    }

    protected override int SendHandlesOnce(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, out SocketError error)
    {
        if (!_word.TryEnter())
        {
            error = SocketError.OperationAborted;
            return -1;
        }

        try
        {
            return HandlePassing.Send(Socket, data, descriptors, out error);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile.
            error = SocketError.OperationAborted;
            return -1;
        }
        finally
        {
            Leave();
        }
    }

    protected override IoTask WaitToSendAsync(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken)
    {
        EpollSend operation = _send is { } last && last.TryRent() ? last : new EpollSend(this);
        return operation.Start(data, sent, before, isWholeMessage, deadline, cancellationToken);
    }

    protected override bool AwaitWritable(Deadline deadline)
    {
        // A channel that is closing asks for another attempt, which says so.
        if (!_word.TryEnter())
        {
            return true;
        }

        bool inTime = Poll(StreamCalls.PollOut, deadline);
        Leave();
        return inTime;
    }

    /// <summary>By the closing thread, which is inside, or about to be.</summary>
    protected override bool IsWritableNow()
    {
        if (!_word.TryEnter())
        {
            return true;
        }

        bool writable = StreamCalls.Poll(_fd, StreamCalls.PollOut, 0) != 0;
        Leave();
        return writable;
    }
}
