namespace SocketKit.Sockets.Polling;

/// <summary>
/// The sockets of a poller by slot. A key names a slot and its generation, so an event that was fetched before its socket left finds
/// nothing. The poller's lock protects it.
/// </summary>
internal sealed class PollTable
{
    /// <summary>A key that no entry has.</summary>
    public const ulong NoKey = ulong.MaxValue;

    private const int FirstCapacity = 16;
    private const int GenerationShift = 32;

    private readonly Stack<int> _free = new();
    private PolledSocket?[] _entries = new PolledSocket?[FirstCapacity];
    private uint[] _generations = new uint[FirstCapacity];
    private int _used;

    public int Count => _used - _free.Count;

    public void Add(PolledSocket entry)
    {
        if (!_free.TryPop(out int slot))
        {
            slot = _used++;
            if (slot == _entries.Length)
            {
                Array.Resize(ref _entries, slot * 2);
                Array.Resize(ref _generations, slot * 2);
            }
        }

        _entries[slot] = entry;
        entry.Key = ((ulong)_generations[slot] << GenerationShift) | (uint)slot;
    }

    public void Remove(PolledSocket entry)
    {
        int slot = (int)(uint)entry.Key;
        _entries[slot] = null;
        _generations[slot]++;
        _free.Push(slot);
        entry.Key = NoKey;
    }

    public PolledSocket? Find(ulong key) =>
        (uint)key < (uint)_used && _entries[(int)(uint)key] is { } entry && entry.Key == key ? entry : null;

    /// <summary>Empties the table.</summary>
    public PolledSocket[] RemoveAll()
    {
        PolledSocket[] all = [.. _entries.OfType<PolledSocket>()];
        Array.ForEach(all, Remove);
        return all;
    }
}
