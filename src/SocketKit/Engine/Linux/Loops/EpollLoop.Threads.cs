using SocketKit.Engine.Linux.Interop;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>How the loop gets its thread: the first one, those that take it over, and those that follow it.</summary>
internal sealed partial class EpollLoop
{
    /// <summary>
    /// How often a thread that has lost the role looks for another chance before it parks: 20 µs in all, because waking it would cost as
    /// much. It counts looks and not time: it has often just woken a peer, which takes its processor for a moment.
    /// </summary>
    private const int Looks = 64;

    /// <summary>A loop that sleeps has nothing to do, unless it is only fetching its next events.</summary>
    private const int LooksPerSleep = 8;

    /// <summary>How many times a following thread executes the processor's pause instruction between two looks.</summary>
    private const int Pauses = 8;

    private LoopThread _thread = LoopThread.None;

    /// <summary>How often <see cref="Hold"/> has taken the loop over. Only the holder of the role writes it.</summary>
    private long _takeovers;

    /// <summary>Whether a follower has been started that has not looked at the role yet.</summary>
    private bool _isFollowerDue;

    /// <summary>The thread that holds the role or held it last, by its gettid(2) number.</summary>
    public int Thread => Volatile.Read(ref _thread).Number;

    /// <summary>
    /// The calling thread is about to block. If it runs the user code of a loop, another thread takes the loop over first.
    /// </summary>
    public static void HandOff()
    {
        if (s_loop is { } loop)
        {
            s_loop = null;
            loop._loops.Threads.NoteBlocked(LoopThread.Current);
            loop.TakeOver(s_entered);
        }
    }

    public override void TakeOver(long entered)
    {
        if (Role == entered)
        {
            _loops.Threads.TryStart(static (state, entered) => ((EpollLoop)state).Hold(entered), this, entered);
        }
    }

    /// <summary>Starts the loop's first thread. False: the system gives no thread.</summary>
    public bool TryStart() => _loops.Threads.TryStart(static (state, _) => ((EpollLoop)state).RunToTheEnd(), this);

    protected override void OnRunning() => Volatile.Write(ref _thread, LoopThread.Current);

    /// <summary>The user code that was just entered is shared: starts a thread that takes the role if a processor is free for it.</summary>
    private void CallFollower()
    {
        // This thread stores the role and then reads the two marks; a follower clears a mark and then reads the role. With both fences
        // at least one of them sees the other.
        Interlocked.MemoryBarrier();
        if (!Volatile.Read(ref _isFollowerDue) && _loops.HasFreeProcessor(this))
        {
            Volatile.Write(ref _isFollowerDue, true);
            if (!_loops.Threads.TryStart(static (state, _) => ((EpollLoop)state).Follow(), this))
            {
                Volatile.Write(ref _isFollowerDue, false);
            }
        }
    }

    /// <summary>Runs on a spare thread: takes the role as soon as the user code is shared.</summary>
    private void Follow()
    {
        Interlocked.Exchange(ref _isFollowerDue, false);
        if (TryFollow())
        {
            RunToTheEnd();
        }
    }

    /// <summary>Runs on a spare thread: takes the loop over if the user code has still not returned.</summary>
    private void Hold(long entered)
    {
        _loops.Spares.KeepReserve();
        LoopThread held = Volatile.Read(ref _thread);
        if (!TryTake(entered))
        {
            _loops.Threads.NoteReturned(held);
            _loops.Threads.End();
            return;
        }

        Volatile.Write(ref _takeovers, _takeovers + 1);
        if (ThreadUse.IsWaiting(held.Number))
        {
            _loops.Threads.NoteBlocked(held);
        }

        RunToTheEnd();
    }

    /// <summary>Runs the loop until this thread has lost it and is not needed any more, or the loop stops.</summary>
    private void RunToTheEnd()
    {
        do
        {
            if (Run())
            {
                _set.Dispose();
                return;
            }
        }
        while (TryFollow());
    }

    /// <summary>
    /// Takes the role as soon as it can be had. False: the loop sleeps, the processors have enough to do, or the time is over. Then this
    /// thread does not count any more.
    /// </summary>
    private bool TryFollow()
    {
        LoopThreads threads = _loops.Threads;
        if (threads.MayFollow(LoopThread.Current))
        {
            do
            {
                if (TryTakeSharedInTime())
                {
                    return true;
                }

                threads.End();
            }
            while (LoopRole<FreeStep>.IsShared(Role) && threads.TryBegin());
        }
        else
        {
            threads.End();
        }

        return false;
    }

    private bool TryTakeSharedInTime()
    {
        for (int left = Looks; left > 0;)
        {
            if (TryTakeShared(out bool isAsleep))
            {
                return true;
            }

            left -= isAsleep ? LooksPerSleep : 1;
            System.Threading.Thread.SpinWait(Pauses);
        }

        return false;
    }
}
