using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace SocketKit.Engine.Portable;

internal sealed partial class PortableStream
{
    public override Transfer SendHandles(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, TimeSpan timeout)
    {
        if (_closing)
        {
            return Transfer.Ended(ChannelStatus.Closed);
        }

        var deadline = Deadline.After(timeout);
        if (!_sendGate.TryEnter())
        {
            ChannelStatus turn = timeout == TimeSpan.Zero ? ChannelStatus.WouldBlock : _sendGate.Enter(deadline);
            if (turn != ChannelStatus.Success)
            {
                return Transfer.Ended(turn);
            }
        }

        MakeNonBlocking();
        Transfer outcome = SendFirstPart(data, descriptors, timeout, deadline);
        if (outcome.IsSuccess && outcome.Count < data.Length)
        {
            // The descriptors have gone; what is left are bytes like any others.
            outcome = SendHolding(data, timeout, deadline, outcome.Count);
        }

        EndMessage(outcome, outcome.Count == data.Length || timeout == TimeSpan.Zero);
        return outcome;
    }

    public override Transfer ReceiveHandles(Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles, TimeSpan timeout)
    {
        if (!TryEnterReceive(out Transfer refusal))
        {
            return refusal;
        }

        MakeNonBlocking();
        var deadline = Deadline.After(timeout);
        try
        {
            while (true)
            {
                Transfer outcome = ReceiveHandlesOnce(buffer, mostHandles, handles);
                if (outcome.Status != ChannelStatus.WouldBlock || timeout == TimeSpan.Zero)
                {
                    return outcome;
                }

                if (!PollWait.Until(_socket, SelectMode.SelectRead, deadline, PollChunk))
                {
                    return Transfer.Ended(ChannelStatus.DeadlinePassed);
                }
            }
        }
        catch (ObjectDisposedException)
        {
            return Transfer.Ended(ChannelStatus.Closed);
        }
        finally
        {
            ExitReceive();
        }
    }

    private Transfer SendFirstPart(ReadOnlySpan<byte> data, ReadOnlySpan<int> descriptors, TimeSpan timeout, Deadline deadline)
    {
        try
        {
            while (ResumeSending())
            {
                int sent = HandlePassing.Send(_socket, data, descriptors, out SocketError error);
                if (sent >= 0)
                {
                    return new Transfer(sent);
                }

                if (error != SocketError.WouldBlock)
                {
                    // A refused set of descriptors says nothing about the connection.
                    return ErrorTable.IsDisconnect(error) ? Fail(error, 0) : Transfer.Failed(error);
                }

                if (timeout == TimeSpan.Zero)
                {
                    return Transfer.Ended(ChannelStatus.WouldBlock);
                }

                RestSending(0);
                if (!_closing && !PollWait.Until(_socket, SelectMode.SelectWrite, deadline, PollChunk))
                {
                    return Transfer.Ended(ChannelStatus.DeadlinePassed);
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed while this thread waited.
        }

        return Transfer.Ended(ChannelStatus.Closed);
    }

    private Transfer ReceiveHandlesOnce(Span<byte> buffer, int mostHandles, List<SafeFileHandle> handles)
    {
        if (_waitError != 0 && Interlocked.Exchange(ref _waitError, 0) is var noted && noted != 0)
        {
            return Fail((SocketError)noted, 0);
        }

        if (_closing)
        {
            return Transfer.Ended(ChannelStatus.Closed);
        }

        int received = HandlePassing.Receive(_socket, buffer, mostHandles, handles, out bool isTruncated, out SocketError error);
        if (received < 0)
        {
            return error == SocketError.WouldBlock ? Transfer.Ended(ChannelStatus.WouldBlock) : Fail(error, 0);
        }

        if (isTruncated)
        {
            return Transfer.Failed(handles.Count < mostHandles ? SocketError.TooManyOpenSockets : SocketError.MessageSize, received);
        }

        if (received == 0)
        {
            if (_closing)
            {
                return Transfer.Ended(ChannelStatus.Closed);
            }

            if (ErrorTakenByOthers() is var taken && taken != SocketError.Success)
            {
                return Fail(taken, 0);
            }

            _signal.Close(CloseReason.PeerFinished);
        }
        else if (_signal.IsWatched && !_signal.HasFired)
        {
            WatchAgain();
        }

        return new Transfer(received);
    }
}
