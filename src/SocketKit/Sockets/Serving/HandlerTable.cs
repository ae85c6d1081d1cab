namespace SocketKit.Sockets.Serving;

/// <summary>The running handlers, and the tasks that wait for them to end.</summary>
/// <param name="capacity">The maximum number of handlers.</param>
/// <param name="clock">The system's clock, except in tests.</param>
internal sealed class HandlerTable<TEntry>(int capacity, TimeProvider clock)
    where TEntry : HandlerTable<TEntry>.Node
{
    /// <summary>The longest time that a task can wait; anything longer is infinite.</summary>
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMilliseconds(int.MaxValue);

    /// <summary>The smallest array that is not shrunk.</summary>
    private const int SmallestShrunk = 64;

    private readonly Lock _lock = new();
    private readonly List<Drain> _drains = [];
    private TEntry[] _entries = [];
    private int _count;
    private bool _isClosed;
    private TaskCompletionSource? _room;

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

            if (_count == _entries.Length)
            {
                Array.Resize(ref _entries, Math.Max(4, 2 * _count));
            }

            entry.Index = _count;
            _entries[_count++] = entry;
            return true;
        }
    }

    public void Remove(TEntry entry)
    {
        lock (_lock)
        {
            TEntry last = _entries[--_count];
            _entries[entry.Index] = last;
            last.Index = entry.Index;
            _entries[_count] = null!;
            if (_entries.Length > SmallestShrunk && _count < _entries.Length / 4)
            {
                Array.Resize(ref _entries, _entries.Length / 2);
            }

            EndWaitForRoom();
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
            EndWaitForRoom();
        }
    }

    /// <summary>A task that ends when the table is not full, or closed.</summary>
    public Task RoomAsync()
    {
        lock (_lock)
        {
            return _isClosed || _count < capacity
                ? Task.CompletedTask
                : (_room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    public List<TEntry> Snapshot()
    {
        var all = new List<TEntry>();
        CopyTo(all);
        return all;
    }

    /// <summary>Adds all entries to the list, which the caller reuses.</summary>
    public void CopyTo(List<TEntry> list)
    {
        lock (_lock)
        {
            list.AddRange(_entries.AsSpan(0, _count));
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

    private bool IsDrained(TEntry? except) => _count == 0 || (_count == 1 && _entries[0] == except);

    /// <summary>Called under the lock.</summary>
    private void EndWaitForRoom()
    {
        _room?.TrySetResult();
        _room = null;
    }

    /// <summary>An entry knows its place in the array.</summary>
    internal abstract class Node
    {
        public int Index { get; set; }
    }

    private sealed class Drain(TEntry? except) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public TEntry? Except => except;
    }
}
