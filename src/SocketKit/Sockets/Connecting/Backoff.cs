namespace SocketKit.Sockets.Connecting;

/// <summary>The delays between rounds: each one longer than the last, with jitter, as in gRPC's connection back-off.</summary>
internal sealed class Backoff(RetryOptions options)
{
    private TimeSpan _next = options.FirstDelay;

    /// <summary>Makes the next delay the first one again.</summary>
    public void Reset() => _next = options.FirstDelay;

    public TimeSpan Next()
    {
        TimeSpan delay = _next;

        // The comparison comes first, so that a large factor does not overflow.
        _next = delay >= options.MaxDelay / options.Factor ? options.MaxDelay : delay * options.Factor;
        if (options.Jitter == 0)
        {
            return delay;
        }

        TimeSpan shortest = delay * (1 - options.Jitter);
        TimeSpan longest = delay * (1 + options.Jitter);
        if (longest > options.MaxDelay)
        {
            longest = options.MaxDelay;
        }

        return shortest + ((longest - shortest) * Draw());
    }

    private double Draw()
    {
        if (options.Random is not { } random)
        {
            return Random.Shared.NextDouble();
        }

        // A Random of the caller's is not thread-safe, and several connects may have the same options.
        lock (random)
        {
            // A derived class may return anything; a delay must be neither negative nor infinite.
            return Math.Clamp(random.NextDouble(), 0, 1);
        }
    }
}
