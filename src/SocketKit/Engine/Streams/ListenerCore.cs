using System.Net.Sockets;
using SocketKit.Engine.Platform;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Streams;

/// <summary>
/// A listening socket. Blocking accepts poll and take turns; async ones wait in an <see cref="AcceptQueue"/>. Once there was an async
/// one, blocking accepts join the queue, so that none takes another's connection.
/// </summary>
internal sealed partial class ListenerCore : ListenerChannel
{
    /// <summary>How long an accept whose time is over waits for the pending async accept to hand over a connection that is there.</summary>
    private const int HandOverMilliseconds = 20;

    private readonly SocketEngine _engine;
    private readonly Socket _socket;
    private readonly bool _ownsSocket;
    private readonly bool _blockingAtFirst;
    private readonly FifoLock _turn = new();
    private readonly IAcceptor _acceptor;
    private readonly AcceptQueue _queue;
    private KernelWaits _kernelWaits;
    private volatile bool _closing;
    private int _closed;

    public ListenerCore(SocketEngine engine, Socket socket, bool ownsSocket, Func<Socket, IAcceptor> acceptor)
    {
        _engine = engine;
        _socket = socket;
        _ownsSocket = ownsSocket;
        _kernelWaits = new KernelWaits(isShared: !ownsSocket);
        _blockingAtFirst = socket.Blocking;
        _acceptor = acceptor(socket);
        _queue = new AcceptQueue(_acceptor) { Kept = NoteKept };
    }

    public override SocketEngine Engine => _engine;

    public override Socket Socket => _socket;

    public override Action? Discarded
    {
        get => _queue.Discarded;
        set => _queue.Discarded = value;
    }

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
                if (_queue.HasReady || _kernelWaits.Poll(PollWait.IsReady, _socket, SelectMode.SelectRead, deadline))
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
            // Closed meanwhile: the next accept would not wait either, and reports it.
        }

        return true;
    }

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken) => IoTask.Of(HoldNextAsync(cancellationToken));

    private async ValueTask<IoResult> HoldNextAsync(CancellationToken cancellationToken)
    {
        // A listener has no empty receive to wait with, so the connection is accepted, and kept for the next accept.
        AcceptResult accepted =
            await AcceptAsync(Timeout.InfiniteTimeSpan, continuesInline: false, cancellationToken).ConfigureAwait(false);
        if (accepted.Channel is { } channel)
        {
            _queue.Deliver(channel);
        }

        return accepted.Outcome;
    }

    public override SafeSocketHandle DuplicateHandle()
    {
        SafeSocketHandle duplicate = Descriptors.Duplicate(_socket);
        _kernelWaits.Share();
        return duplicate;
    }

    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _closed, 1) != 0)
        {
            return;
        }

        _closing = true;
        _watches.Close();

        // The waits end first, so that none takes the close of the socket for an error.
        _queue.Close(staysOpen: _kernelWaits.IsShared);
        _acceptor.Close();
        if (_ownsSocket)
        {
            CloseSocket();
        }
        else
        {
            RestoreBlocking();
        }

        _turn.Close();
    }

    private void CloseSocket()
    {
        try
        {
            if (_kernelWaits is { IsShared: true, Any: false })
            {
                Descriptors.Detach(_socket);
            }
            else
            {
                // Wakes a thread that polls the listener. It also ends the listener for every duplicate.
                _socket.Shutdown(SocketShutdown.Both);
            }
        }
        catch (SocketException)
        {
            // Not every platform can shut a listener down; closing it wakes the thread there.
        }
        catch (ObjectDisposedException)
        {
            // The socket's owner closed it, so no thread waits in it.
        }

        _socket.Dispose();
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

                // A connection that is there counts more than the deadline, because this thread may just have been late.
                isLast = !_kernelWaits.Poll(PollWait.Until, _socket, SelectMode.SelectRead, deadline);
            }
        }
        catch (ObjectDisposedException)
        {
            // Closed while this thread waited.
        }
        catch (SocketException exception) when (!_closing)
        {
            // The error concerns this accept, for instance for lack of descriptors; the listener continues.
            return new(IoResult.Failed(exception.SocketErrorCode));
        }
        catch (SocketException)
        {
            // Closing by this library ends an accept with several codes; they all mean the same.
        }

        return new(IoResult.Ended(ChannelStatus.Closed));
    }

    /// <summary>A blocking accept on a listener that has async accepts, too.</summary>
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
            // This thread was interrupted: it leaves the queue, and passes on a connection that it was given.
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
