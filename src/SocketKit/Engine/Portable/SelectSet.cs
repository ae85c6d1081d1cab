using System.Net.Sockets;
using SocketKit.Engine.Polling;

namespace SocketKit.Engine.Portable;

/// <summary>
/// Socket.Select over all registrations, at a cost that grows with their number. The lists are filled for each wait, and a change wakes
/// the wait that is under way, so that it begins again.
/// </summary>
internal sealed class SelectSet : PollSet
{
    /// <summary>Socket.Select takes 65 536 sockets per list (MaxSelect in Socket.cs of .NET), and one of them is for waking.</summary>
    private const int MostSockets = 65_535;

    private const int FirstCapacity = 16;

    /// <summary>
    /// The pause after a Select that has returned early with nothing: a descriptor has an event that nobody asked for. Without it the wait
    /// would spin.
    /// </summary>
    private const int SpinGuardMilliseconds = 1;

    private readonly Lock _lock = new();
    private readonly WakeSocket _wake = new();
    private readonly SelectList _reads = new();
    private readonly SelectList _writes = new();
    private readonly SelectList _errors = new();
    private SelectMember?[] _slots = new SelectMember?[FirstCapacity];
    private int _used;
    private int _next;
    private long _round;
    private bool _isWaiting;

    public override void Change(IPollTarget target, ulong key, Readiness before, Readiness now)
    {
        SelectMember? made = before == Readiness.None && now != Readiness.None ? SelectMember.Of(target, key) : null;
        bool isWaiting;
        lock (_lock)
        {
            ref SelectMember? slot = ref SlotOf(key);
            slot = now == Readiness.None ? null : slot ?? made;
            if (slot is { } member)
            {
                member.Interest = now;
            }

            isWaiting = _isWaiting;
        }

        if (isWaiting)
        {
            _wake.Send();
        }
    }

    public override int Wait(Span<PollEvent> events, int milliseconds)
    {
        var deadline = Deadline.After(TimeSpan.FromMilliseconds(milliseconds));
        lock (_lock)
        {
            FillLists();
            _isWaiting = true;
        }

        bool isDone = Select(milliseconds);
        bool isWoken = _reads.Contains(_wake.Socket);
        if (isWoken)
        {
            _wake.Drain();
        }

        int found;
        lock (_lock)
        {
            _isWaiting = false;
            found = Collect(events);
        }

        if (!isDone)
        {
            DropClosed();
        }

        if (found == 0 && !isWoken && !deadline.HasPassed)
        {
            Thread.Sleep(SpinGuardMilliseconds);
        }

        return found;
    }

    public override void Wake() => _wake.Send();

    public override void Dispose() => _wake.Dispose();

    private ref SelectMember? SlotOf(ulong key)
    {
        int slot = (int)(uint)key;
        if (slot >= MostSockets)
        {
            throw new SocketException((int)SocketError.TooManyOpenSockets);
        }

        if (slot >= _slots.Length)
        {
            Array.Resize(ref _slots, Math.Max(slot + 1, _slots.Length * 2));
        }

        _used = Math.Max(_used, slot + 1);
        return ref _slots[slot];
    }

    private void FillLists()
    {
        _reads.Clear();
        _writes.Clear();
        _errors.Clear();
        _reads.Add(_wake.Socket);
        foreach (SelectMember? member in _slots.AsSpan(0, _used))
        {
            if (member is null)
            {
                continue;
            }

            if ((member.Interest & Readiness.Readable) != 0)
            {
                _reads.Add(member);
            }

            if ((member.Interest & Readiness.Writable) != 0)
            {
                _writes.Add(member);
            }

            // The error of a stream makes it readable. That of a datagram socket is seen here only (dotnet/runtime#78188).
            if (member.Kind == PollKind.Datagram)
            {
                _errors.Add(member);
            }
        }
    }

    /// <summary>False: a descriptor is closed, so that .NET refuses the whole call.</summary>
    private bool Select(int milliseconds)
    {
        try
        {
            Socket.Select(_reads, _writes, _errors, milliseconds < 0 ? -1 : milliseconds * 1000);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The socket's owner has closed it, and not every system takes such a number.
            _reads.Clear();
            _writes.Clear();
            _errors.Clear();
            return false;
        }
    }

    private int Collect(Span<PollEvent> events)
    {
        _round++;
        Mark(_reads, Readiness.Readable);
        Mark(_writes, Readiness.Writable);
        Mark(_errors, Readiness.Error);
        int found = 0;
        int start = _next;
        for (int i = 0; i < _used && found < events.Length; i++)
        {
            int slot = (start + i) % _used;
            if (_slots[slot] is { } member && member.SeenIn(_round) is var seen && seen != Readiness.None)
            {
                events[found++] = new PollEvent(member.Key, seen);
                _next = slot + 1;
            }
        }

        return found;
    }

    private void Mark(SelectList ready, Readiness what)
    {
        for (int i = 0; i < ready.Count; i++)
        {
            (ready[i] as SelectMember)?.Note(what, _round);
        }
    }

    private void DropClosed()
    {
        lock (_lock)
        {
            foreach (ref SelectMember? member in _slots.AsSpan(0, _used))
            {
                if (member is { IsClosed: true })
                {
                    member = null;
                }
            }
        }
    }
}
