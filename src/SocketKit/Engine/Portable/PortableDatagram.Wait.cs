using System.Net.Sockets;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>Every wait of this channel that blocks the calling thread: in the kernel's receive, in poll(2), or for room to send.</summary>
internal sealed partial class PortableDatagram
{
    private KernelWaits _kernelWaits;

    /// <summary>An async wait that is pending may take the error that a thread waits for.</summary>
    private bool MayWaitLong => _readableWait is null;

    public override bool WaitReadable(TimeSpan timeout) => WaitFor(SelectMode.SelectRead, timeout);

    public override bool WaitWritable(TimeSpan timeout) => WaitFor(SelectMode.SelectWrite, timeout);

    /// <summary>Before a system call that waits until something comes. False: nothing would wake it, so the caller has to poll.</summary>
    private bool TryBeginKernelWait() => MayWaitLong && _kernelWaits.TryBegin();

    /// <param name="hasBegun">What <see cref="TryBeginKernelWait"/> said.</param>
    private void EndKernelWait(bool hasBegun) => _kernelWaits.End(hasBegun);

    /// <summary>One chunk of poll(2).</summary>
    /// <param name="poll"><see cref="PollWait.Until"/> or <see cref="PollWait.IsReady"/>.</param>
    /// <param name="mode">What it waits for.</param>
    /// <param name="deadline">By when it has to end.</param>
    private bool Poll(Func<Socket, SelectMode, Deadline, int, bool> poll, SelectMode mode, Deadline deadline) =>
        _kernelWaits.Poll(poll, _socket, mode, deadline, MayWaitLong);

    private bool WaitFor(SelectMode mode, TimeSpan timeout)
    {
        var deadline = Deadline.After(timeout);
        while (!_closing && _waitError == 0 && !Poll(PollWait.IsReady, mode, deadline))
        {
            if (deadline.HasPassed)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Waits until there may be room, at most twice as long as it is told.</summary>
    private void PauseSending(int milliseconds)
    {
        BlockingWait.Announce();
        try
        {
            // Writable at once although a send would wait: a Unix peer's queue is full, which no poll of this socket shows.
            if (_socket.Poll(milliseconds * 1000, SelectMode.SelectWrite))
            {
                Thread.Sleep(milliseconds);
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed while this thread waited: the attempt that follows says so.
        }
    }
}
