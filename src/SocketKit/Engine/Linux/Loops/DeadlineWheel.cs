using System.Diagnostics;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// A loop's clock: two wheels of slots, one in milliseconds for near deadlines and one in steps of 50 milliseconds for the others. No
/// deadline is reported early: each one is compared with the monotonic clock when its slot comes up. Used by the loop only.
/// </summary>
internal sealed class DeadlineWheel
{
    private const int NearSlots = 128;
    private const int FarSlots = 1024;
    private const int FarMilliseconds = 50;

    /// <summary>Deadlines closer than this go to the wheel of milliseconds.</summary>
    private const int NearLimit = 100;

    /// <summary>First the near slots, then the far ones.</summary>
    private readonly DeadlineNode?[] _slots = new DeadlineNode?[NearSlots + FarSlots];
    private readonly long _origin = Stopwatch.GetTimestamp();
    private long _nearDone;
    private long _farDone;
    private long _next = long.MaxValue;
    private int _count;

    private long Now => (long)Stopwatch.GetElapsedTime(_origin).TotalMilliseconds;

    /// <summary>Links a node whose deadline was set or moved closer.</summary>
    public void Link(DeadlineNode node)
    {
        if (node.IsLinked)
        {
            if (!node.NeedsLink)
            {
                return;
            }

            // Rare: the previous operation had a later deadline.
            Unlink(node);
        }

        Insert(node, Now);
    }

    /// <summary>Looks at every node whose slot has come up.</summary>
    public void Advance()
    {
        if (_count == 0)
        {
            return;
        }

        long now = Now;
        if (now < _next)
        {
            return;
        }

        DeadlineNode? due = null;
        for (long tick = Math.Max(_nearDone + 1, now - NearSlots + 1); tick <= now; tick++)
        {
            Collect(ref _slots[NearSlot(tick)], ref due);
        }

        long farNow = now / FarMilliseconds;
        for (long tick = Math.Max(_farDone + 1, farNow - FarSlots + 1); tick <= farNow; tick++)
        {
            Collect(ref _slots[FarSlot(tick)], ref due);
        }

        _nearDone = now;
        _farDone = farNow;
        while (due is { } node)
        {
            due = node.Next;
            node.Next = null;
            _count--;
            node.MarkUnlinked();
            node.OnDeadline();
            if (!node.Deadline.IsInfinite && !node.IsLinked)
            {
                Insert(node, now);
            }
        }

        FindNext();
    }

    /// <summary>Milliseconds until the next slot with a node in it, rounded up; −1 if there is none.</summary>
    public int NextWait() => _count == 0 ? Timeout.Infinite : (int)Math.Clamp(_next - Now, 0, int.MaxValue);

    private static void Collect(ref DeadlineNode? slot, ref DeadlineNode? due)
    {
        while (slot is { } node)
        {
            slot = node.Next;
            node.Next = due;
            due = node;
        }
    }

    private static int NearSlot(long tick) => (int)(tick % NearSlots);

    private static int FarSlot(long tick) => NearSlots + (int)(tick % FarSlots);

    private void Insert(DeadlineNode node, long now)
    {
        if (_count == 0)
        {
            // The clock was empty and did not advance, so all earlier slots are empty.
            _nearDone = now;
            _farDone = now / FarMilliseconds;
            _next = long.MaxValue;
        }

        Deadline deadline = node.Deadline;
        if (deadline.IsInfinite)
        {
            return;
        }

        // A slot must not come up before the deadline: one millisecond is added for the rounding of the clock.
        long left = deadline.NextWaitMilliseconds() + 1L;
        long due;
        if (left < NearLimit)
        {
            due = Math.Max(now + left, _nearDone + 1);
            Push(node, NearSlot(due));
        }
        else
        {
            long tick = Math.Min(((now + left) / FarMilliseconds) + 1, _farDone + FarSlots - 1);
            due = tick * FarMilliseconds;
            Push(node, FarSlot(tick));
        }

        node.MarkLinked(deadline);
        _count++;
        _next = Math.Min(_next, due);
    }

    private void Unlink(DeadlineNode node)
    {
        ref DeadlineNode? link = ref _slots[node.Slot];
        while (!ReferenceEquals(link, node))
        {
            link = ref link!.Next;
        }

        link = node.Next;
        node.Next = null;
        _count--;
        node.MarkUnlinked();
    }

    private void FindNext()
    {
        _next = long.MaxValue;
        for (int i = 1; _count > 0 && i < NearSlots; i++)
        {
            if (_slots[NearSlot(_nearDone + i)] is not null)
            {
                _next = _nearDone + i;
                break;
            }
        }

        for (int i = 1; _count > 0 && i < FarSlots; i++)
        {
            if (_slots[FarSlot(_farDone + i)] is not null)
            {
                _next = Math.Min(_next, (_farDone + i) * FarMilliseconds);
                return;
            }
        }
    }

    private void Push(DeadlineNode node, int slot)
    {
        node.Slot = slot;
        node.Next = _slots[slot];
        _slots[slot] = node;
    }
}
