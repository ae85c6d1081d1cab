namespace SocketKit.Sockets.Serving;

/// <summary>The running handlers, and the tasks that wait for them to end. The entries are the nodes of a linked list.</summary>
/// <param name="capacity">The maximum number of handlers.</param>
/// <param name="clock">The system's clock, except in tests.</param>
internal sealed class HandlerTable<TEntry>(int capacity, TimeProvider clock)
    where TEntry : HandlerTable<TEntry>.Node
{
    /// <summary>The longest time that a task can wait; anything longer is infinite.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(int.MaxValue);

    private readonly Lock _lock = new();
    private readonly List<Drain> _drains = [];
    private TEntry? _first;
    private int _count;
    private bool _isClosed;

    public int Count => Volatile.Read(ref _count);

    public bool IsClosed => Volatile.Read(ref _isClosed);

    /// <summary>Adds an entry. False if the table is full or closed.</summary>
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

    /// <summary>Refuses further entries.</summary>
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

    /// <summary>Waits until all entries, except perhaps one, are removed. False if the time passed or the token fired first.</summary>
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

    /// <summary>The links of an entry in the list.</summary>
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
