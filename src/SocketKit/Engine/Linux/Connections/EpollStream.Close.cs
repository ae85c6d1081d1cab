using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>Closing, and noticing that the peer has closed.</summary>
internal sealed partial class EpollStream
{
    /// <summary>The operations that were waiting when the closing began.</summary>
    private Claims _claimed;

    /// <inheritdoc/>
    public void CloseUnused() => StreamCalls.CloseAtOnce(_descriptor.Number);

    void IDescriptorOwner.OnReadsOver(bool isNoticed)
    {
        if (!isNoticed)
        {
            WatchAgain();
        }
    }

    /// <summary>A send that waits is an operation of the descriptor, which has claimed it.</summary>
    void IDescriptorOwner.OnRoom()
    {
    }

    protected override void WatchAgain()
    {
        if (_descriptor.State.IsOver && Signal.IsWatched && !Signal.HasFired && TryEnter())
        {
            LookForEnd();
            Leave();
        }
    }

    /// <summary>Called by the closing thread, which keeps the descriptor open.</summary>
    protected override bool IsToReset() => StreamCalls.LingerOf(_descriptor.Number) == 0;

    protected override void CloseTransport(bool withReset)
    {
        _claimed = _descriptor.BeginClose(out bool others);
        int fd = _descriptor.Number;
        bool isShared = _descriptor.KernelWaits.IsShared;
        if (withReset)
        {
            StreamCalls.ResetOnClose(fd);
            if (others)
            {
                StreamCalls.Disconnect(fd);
            }
        }
        else if (!isShared || _descriptor.KernelWaits.Any)
        {
            if (CloseReason != CloseReason.PeerFinished)
            {
                DiscardUnread();
            }

            if (others || isShared)
            {
                // Wakes every thread that waits in the kernel. Without such a thread close(2) sends the FIN.
                StreamCalls.ShutdownBoth(fd);
            }
        }
    }

    protected override void EndPending()
    {
        _socket?.SafeHandle.SetHandleAsInvalid();
        _descriptor.EndClose(_claimed);
    }
}
