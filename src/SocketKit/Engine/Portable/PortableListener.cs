using System.Net.Sockets;

namespace SocketKit.Engine.Portable;

/// <summary>
/// A listening System.Net.Sockets.Socket. Blocking accepts poll and take turns; from the first async accept on, one BCL accept is kept
/// pending, and its connections are handed to the waiting callers in order. A cancelled caller leaves the queue and nothing is lost.
/// </summary>
internal sealed class PortableListener : ListenerChannel
{
    /// <summary>A listener that is not ours cannot be shut down to wake a waiting thread, so such a wait looks up this often.</summary>
    private const int BorrowedPollMilliseconds = 50;

    /// <summary>How long a non-blocking accept leaves the pending async accept to hand over a connection that is there.</summary>
    private const int HandOverMilliseconds = 20;

    private readonly Socket _socket;
    private readonly bool _ownsSocket;
    private readonly SendGate _turn = new();
    private readonly Lock _lock = new();
    private readonly LinkedList<TaskCompletionSource<AcceptResult>> _waiters = new();
    private readonly Queue<StreamChannel> _ready = new();
    private PendingAccept? _pending;
    private volatile bool _closing;

    public PortableListener(Socket socket, bool ownsSocket)
    {
        _socket = socket;
        _ownsSocket = ownsSocket;

        // An accepted socket would inherit the non-blocking mode, and with it an extra system call per receive for good.
        socket.Blocking = true;
    }

    public override Socket Socket => _socket;

    private int PollChunk => _ownsSocket ? PollWait.LongestMilliseconds : BorrowedPollMilliseconds;

    public override AcceptResult Accept(TimeSpan timeout)
    {
        var deadline = Deadline.After(timeout);
        if (Volatile.Read(ref _pending) is not null)
        {
            return AcceptBesideAsync(deadline, timeout);
        }

        if (!_turn.TryEnter())
        {
            ChannelStatus turn = timeout == TimeSpan.Zero ? ChannelStatus.WouldBlock : _turn.Enter(deadline);
            if (turn != ChannelStatus.Success)
            {
                return new(Transfer.Ended(turn));
            }
        }

        try
        {
            return AcceptPolling(deadline, timeout);
        }
        finally
        {
            _turn.Exit();
        }
    }

    public override async ValueTask<AcceptResult> AcceptAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(Transfer.Ended(ChannelStatus.Canceled));
        }

        LinkedListNode<TaskCompletionSource<AcceptResult>>? waiter = Enlist(out AcceptResult ready);
        if (waiter is null)
        {
            return ready;
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            state => Withdraw(waiter, ChannelStatus.Canceled), null);
        Deadline deadline = timeout == TimeSpan.Zero ? Deadline.Infinite : Deadline.After(timeout);
        Task<AcceptResult> accepted = waiter.Value.Task;
        while (!deadline.IsInfinite && !accepted.IsCompleted)
        {
            var chunk = TimeSpan.FromMilliseconds(deadline.NextWaitMilliseconds());
            await ((Task)accepted).WaitAsync(chunk, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (deadline.HasPassed)
            {
                Withdraw(waiter, ChannelStatus.DeadlinePassed);
            }
        }

        return await accepted.ConfigureAwait(false);
    }

    public override bool WaitReadable(TimeSpan timeout)
    {
        var deadline = Deadline.After(timeout);
        try
        {
            while (!_closing)
            {
                if (IsQueued() || PollWait.IsReady(_socket, SelectMode.SelectRead, deadline, PollChunk))
                {
                    return true;
                }

                if (deadline.HasPassed)
                {
                    return false;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: the next accept would not wait either, it would say so.
        }

        return true;
    }

    public override async ValueTask<Transfer> WaitReadableAsync(CancellationToken cancellationToken)
    {
        // A listener has no empty receive to wait with, so the connection is taken, and kept for whoever accepts next.
        AcceptResult accepted = await AcceptAsync(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(false);
        if (accepted.Channel is { } channel)
        {
            Deliver(channel, SocketError.Success);
        }

        return accepted.Outcome;
    }

    public override void Dispose()
    {
        lock (_lock)
        {
            if (_closing)
            {
                return;
            }

            _closing = true;
        }

        if (_ownsSocket)
        {
            try
            {
                // Wakes a thread that polls the listener.
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // Not every platform lets a listener be shut down; closing it wakes the thread there.
            }
            catch (ObjectDisposedException)
            {
                // Somebody closed the socket behind our back: nothing is left to wake.
            }

            _socket.Dispose();
        }

        _turn.Close();
        EndWaiters();
    }

    private AcceptResult AcceptPolling(Deadline deadline, TimeSpan timeout)
    {
        try
        {
            while (!_closing)
            {
                Socket? socket = null;
                lock (_lock)
                {
                    // Under the lock no async accept begins; it could take the connection between the look and the accept.
                    if (_pending is null && !_closing && _socket.Poll(0, SelectMode.SelectRead))
                    {
                        socket = _socket.Accept();
                    }
                }

                if (socket is not null)
                {
                    return new(default, Wrap(socket));
                }

                if (_pending is not null)
                {
                    return AcceptBesideAsync(deadline, timeout);
                }

                if (timeout == TimeSpan.Zero)
                {
                    return new(Transfer.Ended(ChannelStatus.WouldBlock));
                }

                if (!PollWait.Until(_socket, SelectMode.SelectRead, deadline, PollChunk))
                {
                    return new(Transfer.Ended(ChannelStatus.DeadlinePassed));
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed while this thread waited.
        }
        catch (SocketException exception) when (!_closing)
        {
            return new(Transfer.Failed(exception.SocketErrorCode));
        }
        catch (SocketException)
        {
            // Our own closing ends an accept with several codes; they all mean the same.
        }

        return new(Transfer.Ended(ChannelStatus.Closed));
    }

    /// <summary>A blocking accept on a listener that async accepts are pending on: it queues with them, so that none steals from another.</summary>
    private AcceptResult AcceptBesideAsync(Deadline deadline, TimeSpan timeout)
    {
        if (timeout == TimeSpan.Zero && !IsQueued() && !PollWait.IsReady(_socket, SelectMode.SelectRead, Deadline.After(timeout)))
        {
            return new(Transfer.Ended(ChannelStatus.WouldBlock));
        }

        LinkedListNode<TaskCompletionSource<AcceptResult>>? waiter = Enlist(out AcceptResult ready);
        if (waiter is null)
        {
            return ready;
        }

        if (timeout == TimeSpan.Zero)
        {
            waiter.Value.Task.Wait(HandOverMilliseconds);
            Withdraw(waiter, ChannelStatus.WouldBlock);
        }

        while (!waiter.Value.Task.Wait(deadline.NextWaitMilliseconds()))
        {
            if (deadline.HasPassed)
            {
                Withdraw(waiter, ChannelStatus.DeadlinePassed);
            }
        }

        return waiter.Value.Task.Result;
    }

    private static PortableStream Wrap(Socket socket) => new(socket, ownsSocket: true, blocksInKernel: OperatingSystem.IsLinux());

    private bool IsQueued()
    {
        lock (_lock)
        {
            return _ready.Count > 0;
        }
    }

    /// <summary>Takes a connection that is there, or joins the queue; null when <paramref name="ready"/> holds the outcome.</summary>
    private LinkedListNode<TaskCompletionSource<AcceptResult>>? Enlist(out AcceptResult ready)
    {
        var waiter = new LinkedListNode<TaskCompletionSource<AcceptResult>>(
            new TaskCompletionSource<AcceptResult>(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_lock)
        {
            if (_closing)
            {
                ready = new(Transfer.Ended(ChannelStatus.Closed));
                return null;
            }

            if (_ready.TryDequeue(out StreamChannel? channel))
            {
                ready = new(default, channel);
                return null;
            }

            _waiters.AddLast(waiter);
            _pending ??= new PendingAccept(this);
        }

        ready = default;
        _pending.Run();
        return waiter;
    }

    private void Withdraw(LinkedListNode<TaskCompletionSource<AcceptResult>> waiter, ChannelStatus status)
    {
        lock (_lock)
        {
            if (waiter.List is null)
            {
                // A connection came first.
                return;
            }

            _waiters.Remove(waiter);
        }

        waiter.Value.TrySetResult(new(Transfer.Ended(status)));
    }

    /// <summary>Hands a connection, or an error, to the first in the queue.</summary>
    private void Deliver(StreamChannel? channel, SocketError error)
    {
        TaskCompletionSource<AcceptResult>? first;
        lock (_lock)
        {
            first = _waiters.First?.Value;
            if (first is not null)
            {
                _waiters.RemoveFirst();
            }
            else if (channel is not null && !_closing)
            {
                _ready.Enqueue(channel);
                channel = null;
            }
        }

        if (first is null)
        {
            channel?.Abort(CloseReason.ServerStopped);
        }
        else if (channel is not null)
        {
            first.TrySetResult(new(default, channel));
        }
        else
        {
            first.TrySetResult(new(_closing ? Transfer.Ended(ChannelStatus.Closed) : Transfer.Failed(error)));
        }
    }

    private void EndWaiters()
    {
        while (true)
        {
            TaskCompletionSource<AcceptResult>? waiter;
            lock (_lock)
            {
                while (_ready.TryDequeue(out StreamChannel? channel))
                {
                    channel.Abort(CloseReason.ServerStopped);
                }

                waiter = _waiters.First?.Value;
                if (waiter is null)
                {
                    return;
                }

                _waiters.RemoveFirst();
            }

            waiter.TrySetResult(new(Transfer.Ended(ChannelStatus.Closed)));
        }
    }

    /// <summary>The one BCL accept of a listener.</summary>
    private sealed class PendingAccept(PortableListener listener) : SocketAsyncEventArgs(true)
    {
        private int _running;

        /// <summary>Accepts until nothing is there or nobody waits. One thread at a time; the others' wishes are served by it.</summary>
        public void Run()
        {
            if (Interlocked.Increment(ref _running) == 1)
            {
                AcceptAll();
            }
        }

        /// <inheritdoc/>
        protected override void OnCompleted(SocketAsyncEventArgs e)
        {
            Take();
            AcceptAll();
        }

        private void AcceptAll()
        {
            int seen;
            do
            {
                seen = Volatile.Read(ref _running);
                while (listener.HasWaiter())
                {
                    AcceptSocket = null;
                    try
                    {
                        if (listener._socket.AcceptAsync(this))
                        {
                            return;
                        }
                    }
                    catch (ObjectDisposedException)
                    {
                        // Dispose ends the waiters itself.
                        return;
                    }

                    Take();
                }
            }
            while (Interlocked.CompareExchange(ref _running, 0, seen) != seen);
        }

        private void Take()
        {
            Socket? socket = SocketError == SocketError.Success ? AcceptSocket : null;
            AcceptSocket = null;
            listener.Deliver(socket is null ? null : Wrap(socket), SocketError);
        }
    }

    private bool HasWaiter()
    {
        lock (_lock)
        {
            return _waiters.Count > 0 && !_closing;
        }
    }
}
