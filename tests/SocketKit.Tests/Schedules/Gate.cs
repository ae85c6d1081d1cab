namespace SocketKit.Tests.Schedules;

/// <summary>Lets one thread through once for each opening.</summary>
internal sealed class Gate
{
    private readonly object _lock = new();
    private bool _isOpen;

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
