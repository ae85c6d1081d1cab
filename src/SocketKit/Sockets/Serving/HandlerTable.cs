namespace SocketKit.Sockets.Serving;

/// <summary>The handlers that run, and those who wait for them to end. The entries are the nodes of its list.</summary>
/// <param name="capacity">The most handlers at a time.</param>
/// <param name="clock">The system's, but for tests.</param>
internal sealed class HandlerTable<TEntry>(int capacity, TimeProvider clock)
    where TEntry : HandlerTable<TEntry>.Node
{
    /// <summary>The longest that a task can wait; what is longer is for ever.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(int.MaxValue);

    private readonly Lock _lock = new();
    private readonly List<Drain> _drains = [];
    private TEntry? _first;
    private int _count;
    private bool _isClosed;

    public int Count => Volatile.Read(ref _count);

    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>False: the table is full, or closed.</summary>
    public bool TryAdd(TEntry entry)
    {
        lock (_lock)
        {
            if (_isClosed || _count >= capacity)
            {
                return false;
            }

            _count++;
            entry.Next = _first;
            if (_first is { } next)
            {
                next.Previous = entry;
            }

            _first = entry;
            return true;
        }
    }

    public void Remove(TEntry entry)
    {
        lock (_lock)
        {
            _count--;
            if (entry.Next is { } next)
            {
                next.Previous = entry.Previous;
            }

            if (entry.Previous is { } previous)
            {
                previous.Next = entry.Next;
            }
            else
            {
                _first = entry.Next;
            }

            foreach (Drain drain in _drains)
            {
                if (IsDrained(drain.Except))
                {
                    drain.TrySetResult();
                }
            }
        }
    }

    /// <summary>From now on nobody is added.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
        }
    }

    public List<TEntry> Snapshot()
    {
        lock (_lock)
        {
            var all = new List<TEntry>(_count);
            for (TEntry? entry = _first; entry is not null; entry = entry.Next)
            {
                all.Add(entry);
            }

            return all;
        }
    }

    /// <summary>Waits for all of them, or all but one, to end. False if the time was over first, or the token fired.</summary>
    public async Task<bool> EndedAsync(TEntry? except, TimeSpan time, CancellationToken cancellationToken)
    {
        var drain = new Drain(except);
        lock (_lock)
        {
            if (IsDrained(except))
            {
                return true;
            }

            _drains.Add(drain);
        }

        TimeSpan limit = time > s_longestWait ? Timeout.InfiniteTimeSpan : time;
        await drain.Task.WaitAsync(limit, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_lock)
        {
            _drains.Remove(drain);
        }

        return drain.Task.IsCompleted;
    }

    private bool IsDrained(TEntry? except) => _first is null || (_first == except && _first.Next is null);

    /// <summary>An entry's place in the list.</summary>
    internal abstract class Node
    {
        public TEntry? Previous { get; set; }

        public TEntry? Next { get; set; }
    }

    private sealed class Drain(TEntry? except) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TEntry? Except => except;
    }
}
