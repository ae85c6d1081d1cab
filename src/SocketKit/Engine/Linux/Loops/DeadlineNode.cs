using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// An operation that a loop's clock looks at: a node of one slot's list. It stays there when its deadline goes, so that the next one of the
/// same operation mostly costs nothing; only the clock links and unlinks.
/// </summary>
internal abstract class DeadlineNode : IoTaskSource
{
    private DeadlineNode? _next;
    private bool _isLinked;
    private Deadline _linkedFor = Deadline.Infinite;

    public abstract Deadline Deadline { get; }

    /// <summary>The next one in the slot.</summary>
    internal ref DeadlineNode? Next => ref _next;

    /// <summary>The slot, while linked.</summary>
    internal int Slot { get; set; }

    internal bool IsLinked => Volatile.Read(ref _isLinked);

    /// <summary>
    /// Whether the clock would look too late. The deadline is stored, and a full fence passed, before this is asked; the clock clears the
    /// mark, and passes a fence, before it reads the deadline.
    /// </summary>
    public bool NeedsLink => !Volatile.Read(ref _isLinked) || Deadline.IsBefore(_linkedFor);

    /// <summary>The deadline may have passed.</summary>
    public abstract void OnDeadline();

    internal void MarkLinked(Deadline deadline)
    {
        _linkedFor = deadline;
        Volatile.Write(ref _isLinked, true);
    }

    internal void MarkUnlinked()
    {
        Volatile.Write(ref _isLinked, false);
        Interlocked.MemoryBarrier();
    }
}
