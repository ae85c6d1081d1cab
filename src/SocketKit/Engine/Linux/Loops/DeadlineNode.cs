using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// An operation with a deadline: a node in the list of one slot of a loop's clock. The node stays there when its deadline is cleared, so
/// that the next deadline of the same operation mostly costs nothing. Only the clock links and unlinks.
/// </summary>
internal abstract class DeadlineNode : IoTaskSource
{
    private DeadlineNode? _next;
    private bool _isLinked;
    private Deadline _linkedFor = Deadline.Infinite;

    public abstract Deadline Deadline { get; }

    /// <summary>The next node of the slot.</summary>
    internal ref DeadlineNode? Next => ref _next;

    /// <summary>The slot of the node, while it is linked.</summary>
    internal int Slot { get; set; }

    internal bool IsLinked => Volatile.Read(ref _isLinked);

    /// <summary>
    /// Whether the clock would look at the node too late. The caller stores the deadline and passes a full fence before it asks. The
    /// clock clears the mark and passes a fence before it reads the deadline.
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
