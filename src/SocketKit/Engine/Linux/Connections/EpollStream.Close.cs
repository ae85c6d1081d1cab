using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>Closing, and noticing that the peer has closed.</summary>
internal sealed partial class EpollStream
{
    /// <summary>The operations that were waiting when the closing began.</summary>
    private Claims _claimed;

    /// <inheritdoc/>
    public void CloseUnused()
    {
        if (Linger > TimeSpan.Zero)
        {
            // The kernel may wait in close(2) for so long.
            ThreadPool.UnsafeQueueUserWorkItem(StreamCalls.Close, _descriptor.Number, preferLocal: false);
        }
        else
        {
            StreamCalls.Close(_descriptor.Number);
        }
    }

    void IDescriptorOwner.OnReadsOver() => WatchAgain();

    protected override void WatchAgain()
    {
        if (_descriptor.State.IsOver && Signal.IsWatched && !Signal.HasFired && TryEnter())
        {
            LookForEnd();
            Leave();
        }
    }

    protected override void CloseDescriptor(bool withReset)
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
                // Wakes every thread that waits in the kernel. Where there is none, close(2) sends the FIN by itself.
                StreamCalls.ShutdownBoth(fd);
            }
        }
    }

    protected override void EndPending()
    {
        _socket?.SafeHandle.SetHandleAsInvalid();
        _descriptor.EndClose(_claimed);
    }

    private void DiscardUnread()
    {
        Span<byte> scratch = stackalloc byte[CloseDrainPart];
        int fd = _descriptor.Number;
        for (int left = CloseDrainBytes; left > 0 && StreamCalls.Available(fd) > 0;)
        {
            int received = StreamCalls.Receive(fd, scratch[..Math.Min(left, scratch.Length)], wait: false, peek: false, out _);
            if (received <= 0)
            {
                return;
            }

            left -= received;
        }
    }
}
