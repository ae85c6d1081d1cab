using System.Diagnostics.CodeAnalysis;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// Threads that wait for work. The thread that was parked last is used first. A thread that is idle for long ends, except for the last
/// one: a process that can start no more threads must still be able to take a loop over.
/// </summary>
/// <param name="most">The most threads alive at a time.</param>
internal sealed class SpareThreads(int most = SpareThreads.Most)
{
    /// <summary>The most threads that user code may hold: handlers that never return must not use up the machine's memory.</summary>
    public const int MostHeld = 256;

    /// <summary>The most threads alive: those for user code, and one for each loop.</summary>
    public const int Most = MostHeld + EpollEngineOptions.MostLoops;

    private static readonly TimeSpan s_longestIdle = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly List<Spare> _parked = [];
    private int _alive;
    private int _busy;
    private int _started;
    private bool _isStopped;

    /// <summary>Whether hardly any thread is left. Then the loops keep their threads, and user code runs on the thread pool.</summary>
    public bool AreExhausted => Volatile.Read(ref _busy) >= MostHeld;

    /// <summary>The number of threads, those that are parked included.</summary>
    public int Alive => Volatile.Read(ref _alive);

    /// <summary>Runs the work on a parked thread, or on a new one. False: all are busy, or the system gives no more.</summary>
    /// <param name="work">Called with the two other arguments.</param>
    /// <param name="state">The object that the work is for.</param>
    /// <param name="argument">A number for the work, so that passing one allocates nothing.</param>
    public bool TryRun(Action<object, long> work, object state, long argument = 0)
    {
        Spare? spare = null;
        lock (_lock)
        {
            if (_parked.Count > 0)
            {
                spare = _parked[^1];
                _parked.RemoveAt(_parked.Count - 1);
            }
        }

        if (spare is null && (spare = Start()) is null)
        {
            return false;
        }

        Interlocked.Increment(ref _busy);
        spare.Give(work, state, argument);
        return true;
    }

    /// <summary>Starts a thread if none is parked, so that the next caller does not have to wait for its start.</summary>
    public void KeepReserve()
    {
        lock (_lock)
        {
            if (_parked.Count > 0)
            {
                return;
            }
        }

        if (Start() is { } spare)
        {
            Park(spare);
        }
    }

    /// <summary>Ends every parked thread, and others as soon as they park: the loops could not be made.</summary>
    public void Stop()
    {
        Spare[] parked;
        lock (_lock)
        {
            _isStopped = true;
            parked = [.. _parked];
        }

        foreach (Spare spare in parked)
        {
            spare.Wake();
        }
    }

    /// <summary>Starts a background thread. False: the system gives none.</summary>
    public static bool TryStart(ThreadStart body, string name)
    {
        try
        {
            // Unsafe: the starter's AsyncLocal values would stay for the thread's life.
            new Thread(body) { IsBackground = true, Name = name }.UnsafeStart();
            return true;
        }
        catch (OutOfMemoryException)
        {
            // .NET throws this when the system refuses a thread.
            return false;
        }
    }

    private Spare? Start()
    {
        lock (_lock)
        {
            if (_alive >= most || _isStopped)
            {
                return null;
            }

            _alive++;
            _started++;
        }

        var spare = new Spare(this);
        if (TryStart(spare.Live, $"SocketKit loop {_started}"))
        {
            return spare;
        }

        lock (_lock)
        {
            _alive--;
        }

        return null;
    }

    private void Park(Spare spare)
    {
        lock (_lock)
        {
            _parked.Add(spare);
            if (!_isStopped)
            {
                return;
            }
        }

        spare.Wake();
    }

    private bool TryEnd(Spare spare)
    {
        lock (_lock)
        {
            if ((_parked.Count < 2 && !_isStopped) || !_parked.Remove(spare))
            {
                return false;
            }

            _alive--;
            return true;
        }
    }

    private sealed class Spare(SpareThreads owner)
    {
        // Monitor does not spin before it waits. Hundreds of spinning threads would load the machine themselves.
        private readonly object _lock = new();
        private Action<object, long>? _work;
        private object? _state;
        private long _argument;
        private bool _isWoken;

        public void Give(Action<object, long> work, object state, long argument)
        {
            lock (_lock)
            {
                (_work, _state, _argument) = (work, state, argument);
                Monitor.Pulse(_lock);
            }
        }

        /// <summary>Makes the thread check whether it has to end.</summary>
        public void Wake()
        {
            lock (_lock)
            {
                _isWoken = true;
                Monitor.Pulse(_lock);
            }
        }

        public void Live()
        {
            while (true)
            {
                if (!TryTake(out Action<object, long>? work, out object? state, out long argument))
                {
                    if (owner.TryEnd(this))
                    {
                        return;
                    }

                    continue;
                }

                work(state, argument);
                Interlocked.Decrement(ref owner._busy);
                owner.Park(this);
            }
        }

        private bool TryTake([NotNullWhen(true)] out Action<object, long>? work, [NotNullWhen(true)] out object? state, out long argument)
        {
            lock (_lock)
            {
                if (_work is null && !_isWoken)
                {
                    Monitor.Wait(_lock, s_longestIdle);
                }

                _isWoken = false;

                (work, state, argument) = (_work, _state, _argument);
                (_work, _state) = (null, null);
                return work is not null && state is not null;
            }
        }
    }
}
