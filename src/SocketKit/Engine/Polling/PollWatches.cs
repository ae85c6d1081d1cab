namespace SocketKit.Engine.Polling;

/// <summary>
/// Who watches a channel: nobody, one or several, or nobody ever again. One field, changed by compare-and-swap, because most channels are
/// never watched. Not to be copied.
/// </summary>
internal struct PollWatches
{
    private static readonly object s_refused = new();
    private static readonly object s_closed = new();

    /// <summary>Null; a <see cref="PollWatch"/>; an array of several, which is never changed; or one of the two objects above.</summary>
    private object? _state;

    /// <summary>The outcome of <see cref="Add"/>.</summary>
    internal enum Added
    {
        Done,

        /// <summary>The bytes of the channel belong to somebody who reads ahead.</summary>
        Refused,

        Closed,
    }

    /// <summary>Whether nobody watches.</summary>
    public readonly bool IsEmpty => Volatile.Read(in _state) is not (PollWatch or PollWatch[]);

    public Added Add(PollWatch watch)
    {
        while (true)
        {
            object? state = Volatile.Read(ref _state);
            if (state == s_closed || state == s_refused)
            {
                return state == s_closed ? Added.Closed : Added.Refused;
            }

            object more = state is null ? watch : (PollWatch[])[.. All(state), watch];
            if (Interlocked.CompareExchange(ref _state, more, state) == state)
            {
                return Added.Done;
            }
        }
    }

    public void Remove(PollWatch watch)
    {
        while (true)
        {
            object? state = Volatile.Read(ref _state);
            PollWatch[] others = Array.FindAll(All(state), other => other != watch);
            object? fewer = others.Length switch
            {
                0 => null,
                1 => others[0],
                _ => others,
            };
            if (state is not (PollWatch or PollWatch[]) || Interlocked.CompareExchange(ref _state, fewer, state) == state)
            {
                return;
            }
        }
    }

    /// <summary>The watch of this owner; null: it has none.</summary>
    public readonly PollWatch? Find(object owner)
    {
        object? state = Volatile.Read(in _state);
        if (state is PollWatch single)
        {
            return single.Owner == owner ? single : null;
        }

        foreach (PollWatch watch in state as PollWatch[] ?? [])
        {
            if (watch.Owner == owner)
            {
                return watch;
            }
        }

        return null;
    }

    /// <summary>From now on nobody can watch. False: somebody does.</summary>
    public bool TryRefuse()
    {
        object? before = Interlocked.CompareExchange(ref _state, s_refused, null);
        return before is not (PollWatch or PollWatch[]);
    }

    /// <summary>Takes <see cref="TryRefuse"/> back.</summary>
    public void Allow() => Interlocked.CompareExchange(ref _state, null, s_refused);

    /// <summary>Called by the thread that closes the channel, while the descriptor is open.</summary>
    public void Close()
    {
        foreach (PollWatch watch in All(Interlocked.Exchange(ref _state, s_closed)))
        {
            watch.OnClosing();
        }
    }

    /// <summary>The channel keeps something from now on that its descriptor does not show.</summary>
    public readonly void NoteHeld()
    {
        foreach (PollWatch watch in All(Volatile.Read(in _state)))
        {
            watch.OnHeld();
        }
    }

    private static PollWatch[] All(object? state) => state switch
    {
        PollWatch single => [single],
        PollWatch[] several => several,
        _ => [],
    };
}
