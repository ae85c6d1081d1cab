namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// How much of its time a loop has worked, while somebody wants to know. The holder of the role notes when its waits begin and end; another
/// thread looks. Times are those of Stopwatch. Not to be copied.
/// </summary>
internal struct LoopUse
{
    /// <summary>The time in which the loop did not wait, up to the last wait.</summary>
    private long _worked;

    /// <summary>Since when the loop works; 0 while it waits, and while nobody wants to know.</summary>
    private long _since;

    /// <summary>The loop has worked since the last look without being timed.</summary>
    private bool _hasGap;

    private long _lookedAt;
    private long _workedThen;

    /// <summary>The loop has nothing to do, and is about to wait.</summary>
    public void BeginWait(bool isTimed, Func<long> clock)
    {
        long since = _since;
        if (since == 0)
        {
            return;
        }

        // In this order: who sees the new sum sees that the loop waits, and does not add the time since then again.
        Volatile.Write(ref _since, 0);
        if (isTimed)
        {
            Volatile.Write(ref _worked, _worked + clock() - since);
        }
        else
        {
            Volatile.Write(ref _hasGap, true);
        }
    }

    /// <summary>The loop has something to do.</summary>
    public void EndWait(bool isTimed, Func<long> clock)
    {
        if (isTimed)
        {
            Volatile.Write(ref _since, clock());
        }
        else if (!_hasGap)
        {
            Volatile.Write(ref _hasGap, true);
        }
    }

    /// <summary>
    /// The part of the time since the last look in which the loop has worked. Null at the first look, and if the loop was not timed all the
    /// time. One caller at a time.
    /// </summary>
    public double? Look(long now)
    {
        long worked = WorkedUntil(now);
        (long at, long then) = (_lookedAt, _workedThen);
        (_lookedAt, _workedThen) = (now, worked);
        bool hasGap = Volatile.Read(ref _hasGap);
        Volatile.Write(ref _hasGap, false);
        return at == 0 || hasGap || now <= at ? null : Math.Clamp((worked - then) / (double)(now - at), 0, 1);
    }

    private long WorkedUntil(long now)
    {
        while (true)
        {
            long since = Volatile.Read(ref _since);
            long worked = Volatile.Read(ref _worked);
            if (since == Volatile.Read(ref _since))
            {
                return since == 0 ? worked : worked + Math.Max(0, now - since);
            }
        }
    }
}
