namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// The right to run a loop, which one thread holds at a time. While user code runs, another thread may take the role. The thread that
/// entered user code finds that out when it returns, and must not touch the loop any more. The word is sequence &lt;&lt; 2 | phase; no
/// sequence is used twice.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal struct LoopRole<TStep>
    where TStep : struct, IStep
{
    private const long Engine = 0;
    private const long User = 1;
    private const long Sleep = 2;

    /// <summary>User code that the loop does not wait for: any thread that is free may take the role.</summary>
    private const long Shared = 3;

    /// <summary>Set in both phases of user code.</summary>
    private const long UserBit = 1;
    private const long PhaseMask = 3;
    private const int SequenceShift = 2;

    private long _word;

    /// <summary>The word, for the monitor: a loop that shows the same one in two looks has been in user code all the time.</summary>
    public readonly long Seen => Volatile.Read(in _word);

    public static bool IsInUserCode(long word) => (word & UserBit) != 0;

    public static bool IsShared(long word) => (word & PhaseMask) == Shared;

    public static bool IsAsleep(long word) => (word & PhaseMask) == Sleep;

    /// <summary>How many times the loop has entered user code between these two words.</summary>
    public static long RunsBetween(long earlier, long later) => (later >> SequenceShift) - (earlier >> SequenceShift);

    /// <summary>The holder enters user code. Publishes every field of the loop to the thread that takes the role.</summary>
    /// <param name="isShared">Whether any free thread may take the role at once.</param>
    public long EnterUserCode(bool isShared)
    {
        long entered = (((_word >> SequenceShift) + 1) << SequenceShift) | (isShared ? Shared : User);
        TStep.Take();
        Volatile.Write(ref _word, entered);
        return entered;
    }

    /// <summary>
    /// Takes the role from the thread that entered user code with this word, or back for that thread. Only one of several callers
    /// succeeds.
    /// </summary>
    public bool TryTake(long entered)
    {
        TStep.Take();
        return IsInUserCode(entered) && Interlocked.CompareExchange(ref _word, (entered & ~PhaseMask) | Engine, entered) == entered;
    }

    /// <summary>The holder is about to sleep, or has woken.</summary>
    public void SetAsleep(bool asleep)
    {
        TStep.Take();
        Volatile.Write(ref _word, (_word & ~PhaseMask) | (asleep ? Sleep : Engine));
    }
}
