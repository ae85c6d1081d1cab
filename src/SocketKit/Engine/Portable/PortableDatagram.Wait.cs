using System.Net.Sockets;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Portable;

/// <summary>Every wait of this channel that blocks the calling thread: in the kernel's receive, in poll(2), or for room to send.</summary>
internal sealed partial class PortableDatagram
{
    private KernelWaits _kernelWaits;

    /// <summary>
    /// Whether a blocking wait may be long. It may not beside an async wait, which may take the error that the thread waits for.
    /// </summary>
    private bool MayWaitLong => _readableWait is null;

    public override bool WaitWritable(TimeSpan timeout) => WaitFor(SelectMode.SelectWrite, timeout);

    protected override bool AwaitReadable(TimeSpan timeout) => WaitFor(SelectMode.SelectRead, timeout);

    /// <summary>
    /// Called before a system call that waits without a time-out. False: nothing would wake it, so the caller has to poll.
    /// </summary>
    private bool TryBeginKernelWait() => MayWaitLong && _kernelWaits.TryBegin();

    /// <param name="hasBegun">The result of <see cref="TryBeginKernelWait"/>.</param>
    private void EndKernelWait(bool hasBegun) => _kernelWaits.End(hasBegun);

    /// <summary>One chunk of poll(2).</summary>
    /// <param name="poll"><see cref="PollWait.Until"/> or <see cref="PollWait.IsReady"/>.</param>
    /// <param name="mode">Whether it waits to receive or to send.</param>
    /// <param name="deadline">When the wait has to end.</param>
    private bool Poll(Func<Socket, SelectMode, Deadline, int, bool> poll, SelectMode mode, Deadline deadline) =>
        _kernelWaits.Poll(poll, Socket, mode, deadline, MayWaitLong);

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

    protected override void PauseSending(int milliseconds)
    {
        try
        {
            // The socket is writable although a send would wait: a Unix peer's queue is full, which a poll of this socket does not show.
            if (Socket.Poll(milliseconds * 1000, SelectMode.SelectWrite))
            {
                Thread.Sleep(milliseconds);
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed while this thread waited: the next attempt reports it.
        }
    }
}
