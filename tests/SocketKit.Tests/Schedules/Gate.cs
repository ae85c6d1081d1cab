namespace SocketKit.Tests.Schedules;

/// <summary>Lets one thread through once for each opening. One thread only ever passes it.</summary>
internal sealed class Gate
{
    private readonly object _lock = new();
    private volatile bool _isOpen;

    public void Open()
    {
        lock (_lock)
        {
            _isOpen = true;
            Monitor.Pulse(_lock);
        }
    }

    public void Pass() => Pass(Timeout.InfiniteTimeSpan);

    /// <summary>False if nobody opened within the limit.</summary>
    public bool Pass(TimeSpan limit)
    {
        // Turns are short: whoever spins a little mostly saves both threads a system call. Whoever yields on a busy machine gives its
        // processor away for far longer than a turn, and whoever sleeps is woken at once.
        var spin = default(SpinWait);
        while (!_isOpen && !spin.NextSpinWillYield)
        {
            spin.SpinOnce(sleep1Threshold: -1);
        }

        lock (_lock)
        {
            while (!_isOpen)
            {
                if (!Monitor.Wait(_lock, limit))
                {
                    return false;
                }
            }

            _isOpen = false;
            return true;
        }
    }
}
