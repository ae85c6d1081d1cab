using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace SocketKit.Engine.Streams;

/// <summary>
/// The async accepts of a listener: callers wait in order, and one accept of the engine at a time serves them. A caller that is cancelled
/// leaves the queue; a connection that arrives without a waiter is kept for the next caller.
/// </summary>
[SuppressMessage(
    "Reliability", "CA1001",
    Justification = "The token source has no timer and no handle; a pending accept may still read it after the close.")]
internal sealed class AcceptQueue(IAcceptor acceptor)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private readonly Queue<StreamChannel> _ready = new();
    private readonly CancellationTokenSource _stop = new();
    private long _running;
    private bool _started;
    private bool _closed;

    /// <summary>Whether an async accept was ever begun. From then on it competes with blocking accepts for each connection.</summary>
    public bool IsStarted
    {
        get
        {
            lock (_lock)
            {
                return _started;
            }
        }
    }

    /// <summary>Called for each connection that is aborted because the queue was closed before a caller took it.</summary>
    public Action? Discarded { get; set; }

    /// <summary>Called after a connection without a waiter was kept here, on the thread that has brought it.</summary>
    public Action? Kept { get; init; }

    /// <summary>Whether a connection is kept here.</summary>
    public bool HasReady
    {
        get
        {
            lock (_lock)
            {
                return _ready.Count > 0;
            }
        }
    }

    /// <summary>accept(2), if a connection is there and no async accept could take it meanwhile; otherwise null.</summary>
    public StreamChannel? AcceptIfAlone()
    {
        lock (_lock)
        {
            return !_started && !_closed ? acceptor.TryAccept() : null;
        }
    }

    /// <summary>Takes a connection that is there, or joins the queue. Null if <paramref name="ready"/> holds the outcome.</summary>
    /// <param name="continuesInline">
    /// Whether the code that resumes is short, so that it may run where the connection arrives.
    /// </param>
    /// <param name="ready">The outcome.</param>
    public Waiter? Enlist(bool continuesInline, out AcceptResult ready)
    {
        ready = default;
        Waiter waiter;
        lock (_lock)
        {
            if (_closed)
            {
                ready = new(IoResult.Ended(ChannelStatus.Closed));
                return null;
            }

            if (_ready.TryDequeue(out StreamChannel? channel))
            {
                ready = new(default, channel);
                return null;
            }

            _started = true;
            waiter = new Waiter(this, continuesInline);
            _waiters.AddLast(waiter.Node);
        }

        // One thread runs at a time; it also serves requests that come while it runs.
        if (Interlocked.Increment(ref _running) == 1)
        {
            _ = AcceptAllAsync();
        }

        return waiter;
    }

    /// <summary>Hands a connection, or an error, to the first in the queue.</summary>
    public void Deliver(StreamChannel? channel, SocketError error = SocketError.Success) =>
        Deliver(channel is null ? new(IoResult.Failed(error)) : new AcceptResult(default, channel));

    private void Deliver(AcceptResult accepted)
    {
        StreamChannel? channel = accepted.Channel;
        Waiter? first;
        bool isKept = false;
        lock (_lock)
        {
            first = _waiters.First?.Value;
            if (first is not null)
            {
                _waiters.RemoveFirst();
            }
            else if (channel is not null && !_closed)
            {
                _ready.Enqueue(channel);
                isKept = true;
            }
        }

        if (isKept)
        {
            Kept?.Invoke();
        }
        else if (first is not null && channel is not null)
        {
            first.TrySetResult(accepted);
        }
        else if (first is not null)
        {
            first.EndElsewhere(accepted);
        }
        else if (channel is not null)
        {
            // The connection came after the listener was closed.
            Discard(channel);
        }
    }

    /// <summary>Ends every wait, now and later, and aborts the connections that are kept.</summary>
    /// <param name="staysOpen">Whether the listener stays open for its owner, or for a duplicate.</param>
    public void Close(bool staysOpen)
    {
        Waiter[] waiters;
        StreamChannel[] ready;
        lock (_lock)
        {
            _closed = true;
            waiters = [.. _waiters];
            _waiters.Clear();
            ready = [.. _ready];
            _ready.Clear();
        }

        if (staysOpen)
        {
            // A pending accept would take the next connection.
            _stop.Cancel();
        }

        Array.ForEach(ready, Discard);

        foreach (Waiter waiter in waiters)
        {
            waiter.EndElsewhere(new(IoResult.Ended(ChannelStatus.Closed)));
        }
    }

    private void Discard(StreamChannel channel)
    {
        Discarded?.Invoke();
        channel.Abort(CloseReason.ServerStopped);
    }

    private async Task AcceptAllAsync()
    {
        long seen;
        do
        {
            seen = Volatile.Read(ref _running);
            while (HasWaiter())
            {
                try
                {
                    Deliver(await acceptor.AcceptAsync(_stop.Token).ConfigureAwait(false));
                }
                catch (SocketException exception)
                {
                    // The error concerns one accept and not the listener: the first waiter gets it, the others go on waiting.
                    Deliver(null, exception.SocketErrorCode);
                }
                catch (ObjectDisposedException)
                {
                    // The listener was disposed, by this library or by its owner. Without this the waits would never end.
                    Close(staysOpen: false);
                }
                catch (OperationCanceledException)
                {
                    // Close has cancelled, and ends the waiters itself.
                }
                catch (Exception exception)
                {
                    // No caller awaits this method, so the first waiter gets the exception. The loop continues, because the other waiters
                    // would never end.
                    Deliver(AcceptResult.Broken(exception));
                }
            }
        }
        while (Interlocked.CompareExchange(ref _running, 0, seen) != seen);
    }

    private bool HasWaiter()
    {
        lock (_lock)
        {
            return _waiters.Count > 0 && !_closed;
        }
    }

    /// <summary>One caller's place in the queue.</summary>
    internal sealed class Waiter : TaskCompletionSource<AcceptResult>
    {
        private readonly AcceptQueue _queue;
        private readonly bool _continuesInline;

        public Waiter(AcceptQueue queue, bool continuesInline)
            : base(continuesInline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously)
        {
            _queue = queue;
            _continuesInline = continuesInline;
            Node = new LinkedListNode<Waiter>(this);
        }

        public LinkedListNode<Waiter> Node { get; }

        /// <summary>Leaves the queue with this status, unless a connection came first.</summary>
        public void Withdraw(ChannelStatus status)
        {
            lock (_queue._lock)
            {
                if (Node.List is null)
                {
                    return;
                }

                _queue._waiters.Remove(Node);
            }

            EndElsewhere(new(IoResult.Ended(status)));
        }

        /// <summary>Ends the wait. The continuation does not run on this thread, which closes, cancels, or runs the next accept.</summary>
        public void EndElsewhere(AcceptResult result)
        {
            if (_continuesInline)
            {
                ThreadPool.UnsafeQueueUserWorkItem(
                    static state => state.Waiter.TrySetResult(state.Result), (Waiter: this, Result: result), preferLocal: false);
            }
            else
            {
                TrySetResult(result);
            }
        }
    }
}
