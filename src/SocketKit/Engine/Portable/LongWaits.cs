namespace SocketKit.Engine.Portable;

/// <summary>
/// Threads that wait in a system call until something comes, or until closing wakes them, which shuts the socket down for every duplicate of
/// it. So nobody begins such a wait once there is one. Not to be copied.
/// </summary>
internal struct LongWaits
{
    private volatile bool _isShared;
    private int _count;

    /// <summary>Whether there is a duplicate, which closing leaves alone.</summary>
    public readonly bool IsShared => _isShared;

    /// <summary>Whether somebody waits whom only a shutdown wakes.</summary>
    public readonly bool Any => Volatile.Read(in _count) > 0;

    /// <summary>From now on there is a duplicate.</summary>
    public void Share() => _isShared = true;

    /// <summary>Before a system call that may wait. False: nothing would wake it, so it has to look up.</summary>
    public bool TryBegin()
    {
        if (_isShared)
        {
            return false;
        }

        // Counted before the second look: whoever duplicates and closes sees this wait, or this wait sees the duplicate.
        Interlocked.Increment(ref _count);
        if (!_isShared)
        {
            return true;
        }

        Interlocked.Decrement(ref _count);
        return false;
    }

    /// <param name="hasBegun">What <see cref="TryBegin"/> said.</param>
    public void End(bool hasBegun)
    {
        if (hasBegun)
        {
            Interlocked.Decrement(ref _count);
        }
    }
}
