using SocketKit.Sockets.Serving;

namespace SocketKit.Sockets.Limits;

/// <summary>Holds the connections of one server to their time limits, by the process's sweep, while there are any.</summary>
/// <param name="handlers">The connections.</param>
/// <param name="limits">The limits.</param>
/// <param name="clock">The system's clock, except in tests.</param>
internal sealed class LimitWatch<TEntry>(HandlerTable<TEntry> handlers, TimeLimits limits, TimeProvider clock) : ISwept
    where TEntry : HandlerTable<TEntry>.Node, IWatched
{
    private readonly List<TEntry> _looked = [];
    private int _isSwept;

    public TimeSpan Interval => limits.Interval;

    /// <summary>Called when a connection was added to the table.</summary>
    public void Begin()
    {
        if (limits.IsAny && TryBegin())
        {
            Sweep.By(clock).Add(this);
        }
    }

    public bool Look()
    {
        handlers.CopyTo(_looked);
        bool isAny = _looked.Count > 0;
        foreach (TEntry entry in _looked)
        {
            try
            {
                entry.Look(limits);
            }
            catch (Exception)
            {
                // The system refused a question about this connection. The others are looked at all the same, and the next look asks again.
            }
        }

        // The list keeps its memory and no connection.
        _looked.Clear();
        return isAny || IsAnyLeft();
    }

    /// <summary>A connection may have been added after the look, and then its Begin may have seen that the sweep still runs.</summary>
    private bool IsAnyLeft()
    {
        _looked.TrimExcess();
        Interlocked.Exchange(ref _isSwept, 0);
        return handlers.Count > 0 && TryBegin();
    }

    /// <summary>A full fence: the connection is in the table before the flag is looked at.</summary>
    private bool TryBegin() => Interlocked.Exchange(ref _isSwept, 1) == 0;
}
