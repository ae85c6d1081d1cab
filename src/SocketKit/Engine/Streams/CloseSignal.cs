namespace SocketKit.Engine.Streams;

/// <summary>
/// The close reason of one connection, and the token that fires with it. The reason is always set before the token fires. Not to be
/// copied.
/// </summary>
internal struct CloseSignal
{
    private int _reason;
    private int _fired;
    private Source? _source;

    public readonly CloseReason Reason => (CloseReason)Volatile.Read(in _reason);

    /// <summary>The token, created on first use, so that a connection that nobody watches costs nothing.</summary>
    public CancellationToken Token
    {
        get
        {
            if (Volatile.Read(ref _source) is { } existing)
            {
                return existing.Token;
            }

            var created = new Source();
            Source source = Interlocked.CompareExchange(ref _source, created, null) ?? created;
            if (Volatile.Read(ref _fired) != 0)
            {
                _ = source.CancelAsync();
            }

            return source.Token;
        }
    }

    public readonly bool HasFired => Volatile.Read(in _fired) != 0;

    public readonly bool IsWatched => Volatile.Read(in _source) is not null;

    /// <summary>The watched signal references this object until it fires.</summary>
    public readonly void Keep(object keeper)
    {
        if (Volatile.Read(in _source) is { } source)
        {
            source.Keeper = keeper;
            if (HasFired)
            {
                source.Keeper = null;
            }
        }
    }

    /// <summary>
    /// Notes the first cause and fires. A finish leaves this side's half open, so what ends that half replaces it: a reset, or the server.
    /// Nothing else replaces a reason.
    /// </summary>
    public void Close(CloseReason reason)
    {
        int none = (int)CloseReason.None;
        if (Interlocked.CompareExchange(ref _reason, (int)reason, none) != none && EndsHalf(reason))
        {
            Interlocked.CompareExchange(ref _reason, (int)reason, (int)CloseReason.PeerFinished);
        }

        if (Interlocked.Exchange(ref _fired, 1) == 0)
        {
            if (Volatile.Read(ref _source) is { } source)
            {
                // CancelAsync: a callback of the user must not run inside a receive or a Dispose.
                source.Keeper = null;
                _ = source.CancelAsync();
            }
        }
    }

    private static bool EndsHalf(CloseReason reason) =>
        reason is CloseReason.PeerReset or CloseReason.IdleTimeout or CloseReason.SlowPeer or CloseReason.ServerStopped;

    private sealed class Source : CancellationTokenSource
    {
        public volatile object? Keeper;
    }
}
