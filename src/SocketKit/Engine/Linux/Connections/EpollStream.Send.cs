using System.Net.Sockets;
using System.Runtime.InteropServices;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Connections;

internal sealed partial class EpollStream
{
    protected override int SendOnce(ReadOnlySpan<byte> data, bool wait, out SocketError error)
    {
        if (!TryEnter())
        {
            error = SocketError.OperationAborted;
            return -1;
        }

        // On a loop the call does not wait. If the kernel is full, another thread takes the loop over before the caller polls.
        bool waits = wait && EpollLoop.Current is null && _descriptor.KernelWaits.TryBegin();
        int sent = StreamCalls.Send(_descriptor.Number, data, waits, out error);
        _descriptor.KernelWaits.End(waits);
        Leave();
        return sent;
    }

    protected override int SendGatheredOnce(List<ArraySegment<byte>> segments, out SocketError error)
    {
        if (!TryEnter())
        {
            error = SocketError.OperationAborted;
            return -1;
        }

        int sent = StreamCalls.SendGathered(_descriptor.Number, CollectionsMarshal.AsSpan(segments), out error);
        Leave();
        return sent;
    }

    protected override int SendGatheredOnce(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, out SocketError error)
    {
        if (!TryEnter())
        {
            error = SocketError.OperationAborted;
            return -1;
        }

        int sent = StreamCalls.SendGathered(_descriptor.Number, first, second, out error);
        Leave();
        return sent;
    }

    protected override int SendHandlesOnce(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, out SocketError error)
    {
        if (!TryEnter())
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

    /// <summary>The system refused the registration, so a send cannot wait.</summary>
    internal IoResult FailToWait(SocketError error, int sent) => Fail(error, sent);

    protected override IoTask WaitToSendAsync(
        ReadOnlyMemory<byte> data, int sent, long before, bool isWholeMessage, Deadline deadline, CancellationToken cancellationToken)
    {
        EpollSend operation = _descriptor.Sending is EpollSend last && last.TryRent() ? last : new EpollSend(_descriptor, this);
        return operation.Start(data, sent, before, isWholeMessage, deadline, cancellationToken);
    }

    protected override bool AwaitWritable(Deadline deadline)
    {
        // If the channel is closing, the next attempt reports it.
        if (!TryEnter())
        {
            return true;
        }

        bool inTime = _descriptor.Poll(StreamCalls.PollOut, deadline);
        Leave();
        return inTime;
    }

    /// <summary>Called by the closing thread, which is inside, or about to be.</summary>
    protected override bool IsWritableNow()
    {
        if (!TryEnter())
        {
            return true;
        }

        bool writable = _descriptor.IsReady(StreamCalls.PollOut);
        Leave();
        return writable;
    }
}
