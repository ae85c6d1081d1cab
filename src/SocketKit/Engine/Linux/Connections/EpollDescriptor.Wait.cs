using System.Net.Sockets;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>Waiting without an operation: in poll(2) on the calling thread, or for readiness alone.</summary>
internal sealed partial class EpollDescriptor
{
    /// <summary>Waits until a receive would not wait. Any number of callers may wait.</summary>
    public IoTask WaitReadableAsync(CancellationToken cancellationToken) =>
        _waiters.WaitAsync(this, SelectMode.SelectRead, cancellationToken);

    /// <summary>Waits until a send would not wait. Any number of callers may wait.</summary>
    public IoTask WaitWritableAsync(CancellationToken cancellationToken) =>
        _waiters.WaitAsync(this, SelectMode.SelectWrite, cancellationToken);

    /// <summary>A receive would not wait now, for a reason that the kernel does not know.</summary>
    public void EndReadableWaits() => _waiters.End(this, readable: true, writable: false);

    bool IReadinessOwner.StartReadableWait() => StartWait(StreamCalls.PollIn);

    /// <summary>A poll(2) that finds no room makes the kernel announce the next room by an edge: tcp_poll and SOCK_NOSPACE.</summary>
    bool IReadinessOwner.StartWritableWait() => StartWait(StreamCalls.PollOut);

    private bool StartWait(short events)
    {
        if (!_state.TryEnter())
        {
            return false;
        }

        bool waiting = Register() == SocketError.Success && StreamCalls.Poll(number, events, 0) == 0;
        Leave();
        return waiting;
    }

    /// <summary>
    /// Waits on this thread. False: the time-out passed first. Also true once the descriptor is closing, which the next call reports.
    /// </summary>
    /// <param name="events">What to wait for: <see cref="StreamCalls.PollIn"/> or <see cref="StreamCalls.PollOut"/>.</param>
    /// <param name="timeout">How long; zero only checks.</param>
    public bool WaitFor(short events, TimeSpan timeout)
    {
        var deadline = Deadline.After(timeout);
        bool isLast = false;
        while (_state.TryEnter())
        {
            bool ready = PollOnce(events, deadline.NextWaitMilliseconds()) != 0;
            Leave();
            if (ready)
            {
                return true;
            }

            if (isLast)
            {
                return false;
            }

            // Readiness counts more than the deadline, because this thread may just have been late.
            isLast = deadline.HasPassed;
        }

        return true;
    }

    /// <summary>Calls poll(2). The caller is inside. False: the deadline has passed. True asks for another attempt.</summary>
    public bool Poll(short events, Deadline deadline)
    {
        int milliseconds = deadline.NextWaitMilliseconds();
        if (milliseconds == 0)
        {
            return false;
        }

        PollOnce(events, milliseconds);
        return true;
    }

    /// <summary>Whether poll(2) reports the events at this moment. The caller is inside.</summary>
    public bool IsReady(short events) => StreamCalls.Poll(number, events, 0) != 0;

    /// <summary>One poll(2), at most as long as given. It is long only if closing the descriptor ends it.</summary>
    private int PollOnce(short events, int milliseconds)
    {
        if (milliseconds != 0)
        {
            BlockingWait.Announce();
        }

        bool isShort = milliseconds >= 0 && milliseconds <= PollWait.LookUpMilliseconds;
        bool isLong = !isShort && _kernelWaits.TryBegin();
        int ready = StreamCalls.Poll(number, events, isShort || isLong ? milliseconds : PollWait.LookUpMilliseconds);
        _kernelWaits.End(isLong);
        return ready;
    }
}
