using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>
/// Counts the threads that wait in a system call without a time-out. Only shutdown(2) wakes them, and that also ends the connection for
/// every duplicate of the descriptor. So once there is a duplicate, a wait is a series of short polls. Not to be copied.
/// </summary>
/// <param name="isShared">Whether the socket is borrowed, so that closing does not shut it down.</param>
internal struct KernelWaits(bool isShared)
{
    private volatile bool _isShared = isShared;
    private int _count;

    /// <summary>Whether there is a duplicate, or a lender of the socket, which closing must not affect.</summary>
    public readonly bool IsShared => _isShared;

    /// <summary>Whether a thread waits that only a shutdown wakes.</summary>
    public readonly bool Any => Volatile.Read(in _count) > 0;

    /// <summary>From now on there is a duplicate.</summary>
    public void Share() => _isShared = true;

    /// <summary>Called before a system call that may wait. False: nothing would wake it, so the caller has to poll.</summary>
    public bool TryBegin()
    {
        if (_isShared)
        {
            return false;
        }

        BlockingWait.Announce();

        // Counted before the second check: a thread that duplicates and closes sees this wait, or this wait sees the duplicate.
        Interlocked.Increment(ref _count);
        if (!_isShared)
        {
            return true;
        }

        Interlocked.Decrement(ref _count);
        return false;
    }

    /// <param name="hasBegun">The result of <see cref="TryBegin"/>.</param>
    public void End(bool hasBegun)
    {
        if (hasBegun)
        {
            Interlocked.Decrement(ref _count);
        }
    }

    /// <summary>
    /// One chunk of poll(2), with a deadline. Also true for a socket that was closed meanwhile, which the next call reports.
    /// </summary>
    /// <param name="poll"><see cref="PollWait.Until"/> or <see cref="PollWait.IsReady"/>.</param>
    /// <param name="socket">The socket to poll.</param>
    /// <param name="mode">Whether it waits to receive or to send.</param>
    /// <param name="deadline">When the wait has to end.</param>
    /// <param name="mayBeLong">False: it polls in short chunks although closing would wake it.</param>
    public bool Poll(
        Func<Socket, SelectMode, Deadline, int, bool> poll, Socket socket, SelectMode mode, Deadline deadline, bool mayBeLong = true)
    {
        bool isLong = mayBeLong && deadline.NextWaitMilliseconds() != 0 && TryBegin();
        try
        {
            return poll(socket, mode, deadline, isLong ? PollWait.LongestMilliseconds : PollWait.LookUpMilliseconds);
        }
        catch (ObjectDisposedException)
        {
            // The socket was closed meanwhile, which the next call reports.
            return true;
        }
        finally
        {
            End(isLong);
        }
    }
}
