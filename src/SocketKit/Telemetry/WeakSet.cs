using System.Runtime.InteropServices;

namespace SocketKit.Telemetry;

/// <summary>
/// Objects that are not kept alive by being in it. Each has to take itself out, by its finalizer if nothing else does; until that has run
/// it can still be seen. Its owner guards it by a lock.
/// </summary>
internal sealed class WeakSet<TItem>
    where TItem : WeakSet<TItem>.Node
{
    /// <summary>The smallest list that is not shrunk.</summary>
    private const int SmallestShrunk = 64;

    private readonly List<GCHandle> _handles = [];

    public int Count => _handles.Count;

    public void Add(TItem item)
    {
        // Such a handle names the object until its memory is freed, which is after its finalizer.
        _handles.Add(GCHandle.Alloc(item, GCHandleType.WeakTrackResurrection));
        item.Index = _handles.Count - 1;
    }

    /// <summary>Takes the item out. False if it is not in.</summary>
    public bool Remove(TItem item)
    {
        if (item.Index < 0)
        {
            return false;
        }

        _handles[item.Index].Free();
        GCHandle last = _handles[^1];
        _handles[item.Index] = last;
        _handles.RemoveAt(_handles.Count - 1);
        if (item.Index < _handles.Count && last.Target is TItem moved)
        {
            moved.Index = item.Index;
        }

        item.Index = Node.Out;
        if (_handles.Capacity > SmallestShrunk && _handles.Count < _handles.Capacity / 4)
        {
            _handles.Capacity /= 2;
        }

        return true;
    }

    public IEnumerable<TItem> All()
    {
        foreach (GCHandle handle in _handles)
        {
            if (handle.Target is TItem item)
            {
                yield return item;
            }
        }
    }

    /// <summary>An item knows its place in the list.</summary>
    internal abstract class Node
    {
        /// <summary>The index of an item that is not in a list.</summary>
        public const int Out = -1;

        public int Index { get; set; } = Out;
    }
}
