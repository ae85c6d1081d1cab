using System.Net.Sockets;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Streams;

/// <summary>
/// A listening socket. Blocking accepts poll and take turns; async ones wait in an <see cref="AcceptQueue"/>, and once
/// there was one, blocking accepts queue with them, so that none steals from another.
/// </summary>
internal sealed class ListenerCore : ListenerChannel
{
    /// <summary>
    /// How long an accept that may not wait any more leaves the pending async accept to hand over a connection that is there.
    /// </summary>
    private const int HandOverMilliseconds = 20;

    private readonly SocketEngine _engine;
    private readonly Socket _socket;
    private readonly bool _ownsSocket;
    private readonly bool _blockingAtFirst;
    private readonly FifoLock _turn = new();
    private readonly IAcceptor _acceptor;
    private readonly AcceptQueue _queue;
    private volatile bool _closing;
    private int _closed;

    public ListenerCore(SocketEngine engine, Socket socket, bool ownsSocket, Func<Socket, IAcceptor> acceptor)
    {
        _engine = engine;
        _socket = socket;
        _ownsSocket = ownsSocket;
        _blockingAtFirst = socket.Blocking;
        _acceptor = acceptor(socket);
        _queue = new AcceptQueue(_acceptor, ownsSocket);
    }

    public override SocketEngine Engine => _engine;

    public override Socket Socket => _socket;

    /// <summary>A listener that is not ours cannot be shut down to wake a waiting thread.</summary>
    private int PollChunk => _ownsSocket ? PollWait.LongestMilliseconds : PollWait.LookUpMilliseconds;

    public override AcceptResult Accept(TimeSpan timeout)
    {
        var deadline = Deadline.After(timeout);
        if (_queue.IsStarted)
        {
            return AcceptBesideAsync(deadline, timeout);
        }

        if (!_turn.TryEnter())
        {
            ChannelStatus turn = timeout == TimeSpan.Zero ? ChannelStatus.WouldBlock : _turn.Enter(deadline);
            if (turn != ChannelStatus.Success)
            {
                return new(IoResult.Ended(turn));
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

    public override async ValueTask<AcceptResult> AcceptAsync(TimeSpan timeout, bool continuesInline, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        AcceptQueue.Waiter? waiter = _queue.Enlist(continuesInline, out AcceptResult ready);
        if (waiter is null)
        {
            return ready;
        }

        using CancellationTokenRegistration registration = cancellationToken.UnsafeRegister(
            static state => ((AcceptQueue.Waiter)state!).Withdraw(ChannelStatus.Canceled), waiter);
        Deadline deadline = timeout == TimeSpan.Zero ? Deadline.Infinite : Deadline.After(timeout);
        while (!deadline.IsInfinite && !waiter.Task.IsCompleted)
        {
            var chunk = TimeSpan.FromMilliseconds(deadline.NextWaitMilliseconds());
            await ((Task)waiter.Task).WaitAsync(chunk, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (deadline.HasPassed)
            {
                if (IsConnectionThere())
                {
                    await ((Task)waiter.Task).WaitAsync(TimeSpan.FromMilliseconds(HandOverMilliseconds), CancellationToken.None)
                        .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }

                waiter.Withdraw(ChannelStatus.DeadlinePassed);
            }
        }

        return await waiter.Task.ConfigureAwait(false);
    }

    public override bool WaitReadable(TimeSpan timeout)
    {
        var deadline = Deadline.After(timeout);
        try
        {
            bool isLast = false;
            while (!_closing)
            {
                if (_queue.HasReady || PollWait.IsReady(_socket, SelectMode.SelectRead, deadline, PollChunk))
                {
                    return true;
                }

                if (isLast)
                {
                    return false;
                }

                isLast = deadline.HasPassed;
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile: the next accept would not wait either, it would say so.
        }

        return true;
    }

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => IoTask.Of(HoldNextAsync(cancellationToken));

    private async ValueTask<IoResult> HoldNextAsync(CancellationToken cancellationToken)
    {
        // A listener has no empty receive to wait with, so the connection is taken, and kept for whoever accepts next.
        AcceptResult accepted = await AcceptAsync(Timeout.InfiniteTimeSpan, continuesInline: false, cancellationToken).ConfigureAwait(false);
        if (accepted.Channel is { } channel)
        {
            _queue.Deliver(channel);
        }

        return accepted.Outcome;
    }

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        _closing = true;

        // The waits end first, so that none mistakes the closing of the socket for an error.
        _queue.Close();
        _acceptor.Close();
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
        else
        {
            RestoreBlocking();
        }

        _turn.Close();
    }

    private AcceptResult AcceptPolling(Deadline deadline, TimeSpan timeout)
    {
        bool isLast = timeout == TimeSpan.Zero;
        try
        {
            while (!_closing)
            {
                if (_queue.AcceptIfAlone() is { } accepted)
                {
                    return new(default, accepted);
                }

                if (_queue.IsStarted)
                {
                    return AcceptBesideAsync(deadline, timeout);
                }

                if (isLast)
                {
                    return new(IoResult.Ended(timeout == TimeSpan.Zero ? ChannelStatus.WouldBlock : ChannelStatus.DeadlinePassed));
                }

                // What is there comes before the deadline: this thread may just have been late.
                isLast = !PollWait.Until(_socket, SelectMode.SelectRead, deadline, PollChunk);
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed while this thread waited.
        }
        catch (SocketException exception) when (!_closing)
        {
            // It concerns this accept, for want of descriptors for instance; the listener goes on.
            return new(IoResult.Failed(exception.SocketErrorCode));
        }
        catch (SocketException)
        {
            // Our own closing ends an accept with several codes; they all mean the same.
        }

        return new(IoResult.Ended(ChannelStatus.Closed));
    }

    /// <summary>A blocking accept on a listener that async accepts compete for.</summary>
    private AcceptResult AcceptBesideAsync(Deadline deadline, TimeSpan timeout)
    {
        if (timeout == TimeSpan.Zero && !_queue.HasReady && !PollWait.IsReady(_socket, SelectMode.SelectRead, deadline))
        {
            return new(IoResult.Ended(ChannelStatus.WouldBlock));
        }

        AcceptQueue.Waiter? waiter = _queue.Enlist(continuesInline: false, out AcceptResult ready);
        if (waiter is null)
        {
            return ready;
        }

        try
        {
            BlockingWait.Announce();
            if (timeout == TimeSpan.Zero)
            {
                waiter.Task.Wait(HandOverMilliseconds);
                waiter.Withdraw(ChannelStatus.WouldBlock);
            }

            while (!waiter.Task.Wait(deadline.NextWaitMilliseconds()))
            {
                if (deadline.HasPassed)
                {
                    waiter.Task.Wait(IsConnectionThere() ? HandOverMilliseconds : 0);
                    waiter.Withdraw(ChannelStatus.DeadlinePassed);
                }
            }
        }
        catch (ThreadInterruptedException)
        {
            // Nobody would take what this place in the queue is given: leave it, and pass on what came.
            waiter.Withdraw(ChannelStatus.Canceled);
            if (waiter.Task.Result.Channel is { } orphan)
            {
                _queue.Deliver(orphan);
            }

            throw;
        }

        return waiter.Task.Result;
    }

    private bool IsConnectionThere()
    {
        try
        {
            return PollWait.IsReady(_socket, SelectMode.SelectRead, Deadline.After(TimeSpan.Zero));
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, and with it the waits for a connection.
            return false;
        }
    }

    private void RestoreBlocking()
    {
        try
        {
            _socket.Blocking = _blockingAtFirst;
        }
        catch (ObjectDisposedException)
        {
            // The owner closed its socket first.
        }
    }
}
