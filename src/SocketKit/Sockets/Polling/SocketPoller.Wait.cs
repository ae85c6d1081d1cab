using System.Net.Sockets;
using SocketKit.Engine;
using SocketKit.Engine.Polling;
using SocketKit.Errors;
using SocketKit.Sockets.Polling;

namespace SocketKit;

public sealed partial class SocketPoller
{
    /// <summary>Sockets whose channels may keep something that their descriptors do not show; nearly always empty.</summary>
    private readonly List<PolledSocket> _held = [];
    private PollEvent[] _events = [];
    private long _round;
    private int _nextHeld;
    private int _wakes;
    private bool _isWaiting;

    /// <summary>
    /// Waits until a socket is ready: epoll_wait(2). If more are ready than fit, the next wait begins with the others, so that each has its
    /// turn. Allocates nothing once it has seen a span of this length.
    /// </summary>
    /// <param name="ready">Takes the sockets that are ready, each once. At least one has to fit.</param>
    /// <param name="timeout">
    /// How long to wait. <see cref="TimeSpan.Zero"/> only looks, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </param>
    /// <returns>How many are ready. 0: the time-out passed, or <see cref="Wake"/> was called.</returns>
    /// <exception cref="ArgumentException"><paramref name="ready"/> is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="timeout"/> is negative and not infinite.</exception>
    /// <exception cref="InvalidOperationException">Another thread is in this call.</exception>
    /// <exception cref="SocketOperationException">The system refused the call.</exception>
    /// <exception cref="ObjectDisposedException">The poller was disposed before or during the call.</exception>
    public int Wait(Span<ReadySocket> ready, TimeSpan timeout)
    {
        SocketBase.CheckTimeout(timeout, nameof(timeout));
        if (ready.IsEmpty)
        {
            throw new ArgumentException("There is no room for a socket.", nameof(ready));
        }

        BeginWait();
        try
        {
            return WaitInside(ready, Deadline.After(timeout));
        }
        catch (SocketException exception)
        {
            // The system's message does not say which call it was.
            throw Faults.PollerFailed(exception);
        }
        finally
        {
            EndWait();
        }
    }

    /// <summary>
    /// Ends one <see cref="Wait"/> from any thread: the one that is under way, or else the next one. Several calls before that wait ends
    /// count as one. Does nothing once the poller is disposed.
    /// </summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _wakes, 1) == 0)
        {
            _set.Wake();
        }
    }

    /// <summary>The channel of this entry keeps something from now on.</summary>
    internal void NoteHeld(PolledSocket entry)
    {
        lock (_lock)
        {
            if (entry.Key != PollTable.NoKey)
            {
                Hold(entry);
            }
        }
    }

    /// <summary>Called under the lock.</summary>
    private void Hold(PolledSocket entry)
    {
        if (!entry.IsHeld)
        {
            entry.IsHeld = true;
            _held.Add(entry);
        }

        _set.Wake();
    }

    private void BeginWait()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_isWaiting)
            {
                throw new InvalidOperationException("Another thread waits on this poller. One wait at a time.");
            }

            _isWaiting = true;
        }
    }

    private void EndWait()
    {
        lock (_lock)
        {
            _isWaiting = false;
            if (_isDisposed)
            {
                _set.Dispose();
            }
        }
    }

    private int WaitInside(Span<ReadySocket> ready, Deadline deadline)
    {
        _round++;
        while (true)
        {
            // What is held and what the kernel has take turns in coming first, so that neither can fill every wait.
            bool isHeldFirst = _round % 2 == 0;
            int count = isHeldFirst ? TakeHeld(ready, 0) : 0;
            bool isWoken = Interlocked.Exchange(ref _wakes, 0) != 0;
            int milliseconds = count > 0 || isWoken || (!isHeldFirst && IsAnyHeld()) ? 0 : deadline.NextWaitMilliseconds();
            bool isLast = milliseconds == 0;
            if (count < ready.Length)
            {
                count = TakeEvents(ready, count, milliseconds);
            }

            if (!isHeldFirst)
            {
                count = TakeHeld(ready, count);
            }

            isWoken |= Interlocked.Exchange(ref _wakes, 0) != 0;
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
            if (count > 0 || isWoken || (isLast && deadline.HasPassed))
            {
                return count;
            }
        }
    }

    private int TakeEvents(Span<ReadySocket> ready, int count, int milliseconds)
    {
        // Without the lock, because it is a bound only: all sockets that are ready now, and the wake-up.
        int room = Math.Min(ready.Length - count, Math.Max(_table.Count, 0) + 1);
        if (_events.Length < room)
        {
            _events = new PollEvent[room];
        }

        if (milliseconds != 0)
        {
            BlockingWait.Announce();
        }

        int found = _set.Wait(_events.AsSpan(0, room), milliseconds);
        if (found == 0)
        {
            return count;
        }

        lock (_lock)
        {
            foreach (PollEvent happened in _events.AsSpan(0, found))
            {
                if (_table.Find(happened.Key) is { } entry)
                {
                    count = Report(entry, happened.Seen, ready, count);
                }
            }
        }

        return count;
    }

    private bool IsAnyHeld()
    {
        if (_held.Count == 0)
        {
            return false;
        }

        lock (_lock)
        {
            return _held.Exists(static entry => SeenOf(entry, entry.Target.Held) != Readiness.None);
        }
    }

    private int TakeHeld(Span<ReadySocket> ready, int count)
    {
        // Without the lock: whoever adds to the list wakes this wait afterwards.
        if (_held.Count == 0)
        {
            return count;
        }

        lock (_lock)
        {
            for (int left = _held.Count; left > 0 && count < ready.Length; left--)
            {
                _nextHeld = _nextHeld < _held.Count ? _nextHeld : 0;
                PolledSocket entry = _held[_nextHeld];
                Readiness held = entry.Target.Held;
                if (held == Readiness.None)
                {
                    entry.IsHeld = false;
                    _held.RemoveAt(_nextHeld);
                    continue;
                }

                _nextHeld++;
                count = Report(entry, held, ready, count);
            }
        }

        return count;
    }

    /// <summary>An error and a hang-up are reported whether asked for or not, but nothing of a socket that is paused.</summary>
    private static Readiness SeenOf(PolledSocket entry, Readiness seen) => entry.Interest == Readiness.None
        ? Readiness.None
        : seen & (entry.Interest | Readiness.HangUp | Readiness.Error);

    /// <summary>Adds a socket to the result, or more to what the result says of it. Called under the lock, with room for one.</summary>
    private int Report(PolledSocket entry, Readiness seen, Span<ReadySocket> ready, int count)
    {
        Readiness readiness = SeenOf(entry, seen);
        if (readiness == Readiness.None)
        {
            return count;
        }

        bool isNew = entry.Found.Round != _round;
        int index = isNew ? count : entry.Found.Index;
        entry.Found = (_round, index);
        ready[index] = new ReadySocket(entry.Socket, readiness | (isNew ? Readiness.None : ready[index].Readiness), entry.State);
        return isNew ? count + 1 : count;
    }
}
