using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace SocketKit.Engine.Streams;

internal abstract partial class SocketStream
{
    public override IoResult SendHandles(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, TimeSpan timeout) =>
        IsClosing ? IoResult.Ended(ChannelStatus.Closed) : SendInTurn(data, default, descriptors, timeout);

    public override IoResult ReceiveHandles(Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, TimeSpan timeout)
    {
        if (!TryEnterReceive(out IoResult refusal))
        {
            return refusal;
        }

        StopWaitingInKernel();
        var deadline = Deadline.After(timeout);
        bool isLast = timeout == TimeSpan.Zero;
        try
        {
            while (true)
            {
                IoResult outcome = ReceiveHandlesOnce(buffer, mostHandles, handles);
                if (outcome.Status != ChannelStatus.WouldBlock || timeout == TimeSpan.Zero)
                {
                    return outcome;
                }

                if (isLast)
                {
                    return IoResult.Ended(ChannelStatus.DeadlinePassed);
                }

                isLast = !AwaitReadable(deadline);
            }
        }
        finally
        {
            ExitReceive();
        }
    }

    protected override IoResult SendFirstPart(ReadOnlySpan<byte> data, ReadOnlySpan<int> handles, TimeSpan timeout, Deadline deadline)
    {
        StopWaitingInKernel();
        bool isLast = timeout == TimeSpan.Zero;
        while (ResumeSending())
        {
            int sent = SendHandlesOnce(data, handles, out SocketError error);
            if (sent >= 0)
            {
                CountSent(sent);
                return new IoResult(sent);
            }

            if (error != SocketError.WouldBlock)
            {
                // The kernel refused the descriptors; the connection is intact.
                return ErrorTable.IsDisconnect(error) || error == SocketError.OperationAborted ? Fail(error, 0) : IoResult.Failed(error);
            }

            if (isLast)
            {
                return IoResult.Ended(timeout == TimeSpan.Zero ? ChannelStatus.WouldBlock : ChannelStatus.DeadlinePassed);
            }

            SuspendSending(0);
            isLast = !IsClosing && !AwaitWritable(deadline);
        }

        return IoResult.Ended(ChannelStatus.Closed);
    }

    private IoResult ReceiveHandlesOnce(Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles)
    {
        if (TakeNotedError(out IoResult failure))
        {
            return failure;
        }

        if (IsClosing)
        {
            return IoResult.Ended(ChannelStatus.Closed);
        }

        int received = ReceiveHandlesOnce(buffer, mostHandles, handles, out bool isTruncated, out SocketError error);
        if (received < 0)
        {
            return error == SocketError.WouldBlock ? IoResult.Ended(ChannelStatus.WouldBlock) : Fail(error, 0);
        }

        if (isTruncated)
        {
            CountReceived(received);
            return IoResult.Failed(handles.Count < mostHandles ? SocketError.TooManyOpenSockets : SocketError.MessageSize, received);
        }

        return received == 0 ? EndOfStream() : Received(received, peek: false);
    }

    /// <summary>One sendmsg(2) with SCM_RIGHTS that does not wait.</summary>
    protected abstract int SendHandlesOnce(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, out SocketError error);

    /// <summary>One recvmsg(2) with room for descriptors that does not wait.</summary>
    protected abstract int ReceiveHandlesOnce(
        Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, out bool isTruncated, out SocketError error);
}
