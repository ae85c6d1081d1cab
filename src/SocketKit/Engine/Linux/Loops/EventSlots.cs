namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// The registered targets by slot. An event names a slot and its generation, never a descriptor. An event that was fetched before its
/// target was removed finds an empty slot, or a target with another key. Changes are made under the loop's lock; the loop reads without
/// it.
/// </summary>
internal sealed class EventSlots
{
    private const int FirstCapacity = 64;
    private const int GenerationShift = 32;

    private readonly Stack<int> _free = new();
    private IEventTarget?[] _targets = new IEventTarget?[FirstCapacity];
    private uint[] _generations = new uint[FirstCapacity];
    private int _used;

    public void Add(IEventTarget target)
    {
        if (!_free.TryPop(out int index))
        {
            index = _used++;
            if (index == _targets.Length)
            {
                Array.Resize(ref _generations, index * 2);
                IEventTarget?[] larger = new IEventTarget?[index * 2];
                _targets.CopyTo(larger, 0);
                Volatile.Write(ref _targets, larger);
            }
        }

        target.Key = ((ulong)_generations[index] << GenerationShift) | (uint)index;
        Volatile.Write(ref _targets[index], target);
    }

    public void Remove(IEventTarget target)
    {
        int index = (int)(uint)target.Key;
        _targets[index] = null;
        _generations[index]++;
        _free.Push(index);
    }

    public IEventTarget? Find(ulong key) =>
        Volatile.Read(ref Volatile.Read(ref _targets)[(int)(uint)key]) is { } target && target.Key == key ? target : null;
}
