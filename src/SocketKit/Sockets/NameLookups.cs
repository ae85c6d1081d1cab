using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;

namespace SocketKit.Sockets;

/// <summary>
/// Looks up each name on a thread of its own, because getaddrinfo(3) cannot be interrupted and .NET queues asynchronous look-ups of the
/// same name. A caller whose deadline passes or whose token fires stops waiting, and the look-up ends by itself. Concurrent calls for the
/// same name share a look-up.
/// </summary>
internal sealed class NameLookups(Func<string, AddressFamily, IPAddress[]> resolver, int mostThreads)
{
    /// <summary>A silent name server blocks a thread per name, for 10 s by default (resolv.conf(5)).</summary>
    private const int MostThreads = 128;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Host, AddressFamily Family), Lookup> _shared = [];
    private readonly Queue<Lookup> _queue = [];
    private int _threads;

    public static NameLookups Default { get; } = new(Dns.GetHostAddresses, MostThreads);

    /// <summary>Looks the host up on the calling thread, without a deadline. A literal address needs no look-up.</summary>
    /// <exception cref="ArgumentException">The host is neither a name nor an address.</exception>
    public NameAnswer Find(string host, AddressFamily family)
    {
        if (Literal(host) is { } literal)
        {
            return literal;
        }

        BlockingWait.Announce();
        return Ask(host, family).OrThrow();
    }

    /// <summary>Blocks the calling thread until the answer or the deadline. A literal address needs no look-up.</summary>
    /// <exception cref="ArgumentException">The host is neither a name nor an address.</exception>
    public NameAnswer Find(string host, AddressFamily family, Deadline deadline)
    {
        if (Literal(host) is { } literal)
        {
            return literal;
        }

        Lookup lookup = Join(host, family);
        try
        {
            BlockingWait.Announce();
            while (!lookup.Answer.Wait(deadline.NextWaitMilliseconds()))
            {
                if (deadline.HasPassed)
                {
                    return NameAnswer.GivenUp;
                }
            }

            return lookup.Answer.Result.OrThrow();
        }
        finally
        {
            Leave(lookup);
        }
    }

    /// <summary>Waits for the answer, the deadline or the token, without blocking a thread. A literal address needs no look-up.</summary>
    /// <exception cref="ArgumentException">The host is neither a name nor an address.</exception>
    public async Task<NameAnswer> FindAsync(string host, AddressFamily family, Deadline deadline, CancellationToken cancellationToken)
    {
        NameAnswer? known = Literal(host) ?? (cancellationToken.IsCancellationRequested ? NameAnswer.GivenUp : null);
        if (known is not null)
        {
            return known;
        }

        Lookup lookup = Join(host, family);
        try
        {
            while (!lookup.Answer.IsCompleted)
            {
                if (deadline.HasPassed || cancellationToken.IsCancellationRequested)
                {
                    return NameAnswer.GivenUp;
                }

                // A timer may fire a little early, so look at the deadline again.
                var chunk = TimeSpan.FromMilliseconds(deadline.NextWaitMilliseconds());
                await ((Task)lookup.Answer).WaitAsync(chunk, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            return (await lookup.Answer.ConfigureAwait(false)).OrThrow();
        }
        finally
        {
            Leave(lookup);
        }
    }

    private static NameAnswer? Literal(string host) => HostName.Parse(host, nameof(host)) is { } address ? NameAnswer.Of([address]) : null;

    private NameAnswer Ask(string host, AddressFamily family)
    {
        try
        {
            return NameAnswer.Of(resolver(host, family));
        }
        catch (SocketException exception)
        {
            // The resolver's error, such as "no such name". The caller decides what it means.
            return NameAnswer.Failed(exception.SocketErrorCode);
        }
        catch (ArgumentException)
        {
            // The host name is longer than DNS allows, so no such name exists.
            return NameAnswer.Failed(SocketError.HostNotFound);
        }
        catch (Exception exception)
        {
            // An exception on the look-up thread would end the process. The callers throw it instead.
            return NameAnswer.Threw(exception);
        }
    }

    private Lookup Join(string host, AddressFamily family)
    {
        Lookup? lookup;
        bool needsThread = false;
        lock (_lock)
        {
            if (!_shared.TryGetValue((host, family), out lookup))
            {
                lookup = new Lookup(host, family);
                _shared.Add((host, family), lookup);
                _queue.Enqueue(lookup);
                needsThread = _threads < mostThreads;
                _threads += needsThread ? 1 : 0;
            }

            lookup.Waiters++;
        }

        if (needsThread)
        {
            StartThread();
        }

        return lookup;
    }

    private void Leave(Lookup lookup)
    {
        lock (_lock)
        {
            if (--lookup.Waiters == 0)
            {
                // Later callers must not join a look-up that hangs.
                Forget(lookup);
            }
        }
    }

    private void StartThread()
    {
        try
        {
            new Thread(Work) { IsBackground = true, Name = "SocketKit name look-up" }.UnsafeStart();
        }
        catch (OutOfMemoryException)
        {
            // The runtime throws this when it cannot create a thread. No look-up thread may be left to empty the queue, so every queued
            // look-up is answered here.
            Lookup[] queued;
            lock (_lock)
            {
                _threads--;
                queued = [.. _queue];
                _queue.Clear();
            }

            Array.ForEach(queued, lookup => End(lookup, NameAnswer.NoThread));
        }
    }

    private void Work()
    {
        while (TakeNext() is { } lookup)
        {
            End(lookup, Ask(lookup.Host, lookup.Family));
        }
    }

    private Lookup? TakeNext()
    {
        lock (_lock)
        {
            while (_queue.TryDequeue(out Lookup? lookup))
            {
                if (lookup.Waiters > 0)
                {
                    return lookup;
                }
            }

            _threads--;
            return null;
        }
    }

    /// <summary>Removes the look-up before it is answered, so that a later call starts a new one.</summary>
    private void End(Lookup lookup, NameAnswer answer)
    {
        lock (_lock)
        {
            Forget(lookup);
        }

        lookup.End(answer);
    }

    private void Forget(Lookup lookup)
    {
        if (_shared.TryGetValue((lookup.Host, lookup.Family), out Lookup? shared) && shared == lookup)
        {
            _shared.Remove((lookup.Host, lookup.Family));
        }
    }

    private sealed class Lookup(string host, AddressFamily family)
    {
        private readonly TaskCompletionSource<NameAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string Host => host;

        public AddressFamily Family => family;

        /// <summary>Guarded by the lock. At 0 nobody waits for the answer.</summary>
        public int Waiters { get; set; }

        public Task<NameAnswer> Answer => _answer.Task;

        public void End(NameAnswer answer) => _answer.TrySetResult(answer);
    }
}
