using System.Net;
using System.Net.Sockets;
using SocketKit.Engine;

namespace SocketKit.Sockets;

/// <summary>
/// Looks up names, each on a thread: getaddrinfo(3) cannot be interrupted, and .NET's asynchronous look-ups of one name wait in line.
/// A caller whose deadline passes or whose token fires leaves, and the look-up ends by itself. Calls that ask for one name at one time
/// share a look-up.
/// </summary>
internal sealed class NameLookups(Func<string, AddressFamily, IPAddress[]> resolver, int mostThreads)
{
    /// <summary>A name server that is silent holds a thread for each name, for 10 s by default (resolv.conf(5)).</summary>
    private const int MostThreads = 128;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Host, AddressFamily Family), Lookup> _shared = [];
    private readonly Queue<Lookup> _queue = [];
    private int _threads;

    public static NameLookups Default { get; } = new(Dns.GetHostAddresses, MostThreads);

    /// <summary>Asks on this thread, however long it takes. An address answers itself.</summary>
    /// <exception cref="ArgumentException">It is no host.</exception>
    public NameAnswer Find(string host, AddressFamily family)
    {
        if (Literal(host) is { } literal)
        {
            return literal;
        }

        BlockingWait.Announce();
        return Ask(host, family).OrThrow();
    }

    /// <summary>Waits on this thread until the deadline. An address answers itself.</summary>
    /// <exception cref="ArgumentException">It is no host.</exception>
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

    /// <summary>Waits without a thread, until the deadline or the token. An address answers itself.</summary>
    /// <exception cref="ArgumentException">It is no host.</exception>
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

                // In a loop, because a timer may fire a little early, and then the time is not over.
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
            // The resolver's answer, "no such name" for one; what it means is the caller's to say.
            return NameAnswer.Failed(exception.SocketErrorCode);
        }
        catch (ArgumentException)
        {
            // A host name that is longer than DNS allows: no such name exists.
            return NameAnswer.Failed(SocketError.HostNotFound);
        }
        catch (Exception exception)
        {
            // On a thread of the library it would end the process; the callers throw it.
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
                // Whoever asks next does not join a look-up that is stuck.
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
            // The runtime's word for "no thread can be made". Nobody may be left who takes the queue, so all in it are told.
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

    /// <summary>Forgotten first: a question that comes after the answer is asked anew.</summary>
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

        /// <summary>Under the lock. At 0 nobody wants the answer.</summary>
        public int Waiters { get; set; }

        public Task<NameAnswer> Answer => _answer.Task;

        public void End(NameAnswer answer) => _answer.TrySetResult(answer);
    }
}
