using System.Net.Sockets;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Streams;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Connections;

internal sealed partial class EpollStream
{
    /// <summary>Every direction, edge-triggered, registered once and for all by the first async wait.</summary>
    private const uint AllEvents = Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLRDHUP | Libc.EPOLLET;

    /// <summary>For Closed alone: a connection that is used by blocking calls must not wake the loop at every segment.</summary>
    private const uint EndEvents = Libc.EPOLLRDHUP | Libc.EPOLLET;

    private EpollLoop? _loop;
    private uint _registered;
    private bool _unregistered;
    private ReadabilityWaiters _waiters;

    ulong IEventTarget.Key { get; set; }

    public override CancellationToken Closed
    {
        get
        {
            CancellationToken token = Signal.Token;
            if (!Signal.HasFired && _word.TryEnter())
            {
                if (Register(EndEvents) != SocketError.Success || _word.IsOver)
                {
                    // No further edge will say so.
                    LookForEnd();
                }

                Leave();
            }

            return token;
        }
    }

    public override bool WaitReadable(TimeSpan timeout) => WaitFor(StreamCalls.PollIn, timeout);

    public override bool WaitWritable(TimeSpan timeout) => WaitFor(StreamCalls.PollOut, timeout);

    public override IoTask WaitReadableAsync(CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return new(IoResult.Ended(ChannelStatus.Canceled));
        }

        return _waiters.WaitAsync(this, cancellationToken);
    }

    ref ReadabilityWaiters IReadinessOwner.Waiters => ref _waiters;

    bool IReadinessOwner.StartReadableWait()
    {
        if (!_word.TryEnter())
        {
            return false;
        }

        bool waiting = Register() == SocketError.Success && StreamCalls.Poll(_fd, StreamCalls.PollIn, 0) == 0;
        Leave();
        return waiting;
    }

    public void OnReadable() => _waiters.End(this);

    void IEventTarget.OnEvents(uint events)
    {
        Readiness readiness = ReadinessOf(events);
        Claims claims = _word.Signal(readiness);
        if ((readiness & Readiness.Readable) != 0)
        {
            OnReadable();
        }

        if ((claims & Claims.Receive) != 0)
        {
            _receive!.OnReady();
        }
        else if ((readiness & Readiness.ReadsOver) != 0)
        {
            WatchAgain();
        }

        if ((claims & Claims.Send) != 0)
        {
            _send!.OnReady();
        }
    }

    void IOperationOwner<FreeStep>.Publish(EpollOperation<FreeStep> operation)
    {
        if (operation is EpollReceive receive)
        {
            _receive = receive;
        }
        else
        {
            _send = (EpollSend)operation;
        }
    }

    EpollOperation<FreeStep> IOperationOwner<FreeStep>.Published(Direction direction) => direction == Direction.Receive ? _receive! : _send!;

    void IOperationOwner<FreeStep>.Watch(EpollOperation<FreeStep> operation)
    {
        if (operation.NeedsLink)
        {
            _loop!.PostDeadline(operation);
        }
    }

    void IOperationOwner<FreeStep>.Queue(EpollOperation<FreeStep> operation)
    {
        if (!TryQueueToPool(operation))
        {
            _loop!.Queue(operation);
        }
    }

    void IOperationOwner<FreeStep>.Defer(EpollOperation<FreeStep> operation) => _loop!.PostReady(operation);

    void IOperationOwner<FreeStep>.Post(EpollOperation<FreeStep> operation)
    {
        if (!TryQueueToPool(operation))
        {
            _loop!.PostContinuation(operation);
        }
    }

    /// <summary>Registers the descriptor for this, if it is not yet. By a caller that is inside.</summary>
    internal SocketError Register(uint events = AllEvents)
    {
        if (Volatile.Read(ref _registered) == AllEvents)
        {
            return SocketError.Success;
        }

        lock (this)
        {
            if (_unregistered)
            {
                return SocketError.OperationAborted;
            }

            if ((_registered & events) == events)
            {
                return SocketError.Success;
            }

            try
            {
                if (_registered == 0)
                {
                    _loop ??= _loops.Choose();
                    _loop.Add(_fd, events, this);
                }
                else
                {
                    _loop!.Modify(_fd, events, this);
                }

                Volatile.Write(ref _registered, events);
                return SocketError.Success;
            }
            catch (SocketException exception)
            {
                // The system takes no more registrations, for one. To whoever wanted to wait its errors are outcomes.
                return exception.SocketErrorCode;
            }
        }
    }

    /// <summary>For a stream whose continuations never run on a loop. The operation is its own work item, so this allocates nothing.</summary>
    private bool TryQueueToPool(EpollOperation<FreeStep> operation)
    {
        if (Dispatch != Dispatch.ThreadPool)
        {
            return false;
        }

        ThreadPool.UnsafeQueueUserWorkItem(operation, preferLocal: false);
        return true;
    }

    protected override void WatchAgain()
    {
        if (_word.IsOver && Signal.IsWatched && !Signal.HasFired && _word.TryEnter())
        {
            LookForEnd();
            Leave();
        }
    }

    private static Readiness ReadinessOf(uint events)
    {
        const uint dead = Libc.EPOLLHUP | Libc.EPOLLERR;
        Readiness readiness = Readiness.None;
        if ((events & (Libc.EPOLLIN | Libc.EPOLLRDHUP | dead)) != 0)
        {
            readiness |= Readiness.Readable;
        }

        if ((events & (Libc.EPOLLOUT | dead)) != 0)
        {
            readiness |= Readiness.Writable;
        }

        if ((events & (Libc.EPOLLRDHUP | Libc.EPOLLHUP)) != 0)
        {
            readiness |= Readiness.ReadsOver;
        }

        return (events & Libc.EPOLLHUP) != 0 ? readiness | Readiness.WritesOver : readiness;
    }

    private void Unregister()
    {
        lock (this)
        {
            _unregistered = true;
            if (_registered != 0)
            {
                _loop!.Remove(_fd, this);
                _registered = 0;
            }
        }
    }

    private bool WaitFor(short events, TimeSpan timeout)
    {
        var deadline = Deadline.After(timeout);
        if (timeout != TimeSpan.Zero)
        {
            EpollLoop.HandOff();
        }

        bool isLast = false;
        while (_word.TryEnter())
        {
            bool ready = PollOnce(events, deadline.NextWaitMilliseconds()) != 0;
            Leave();
            if (ready)
            {
                return true;
            }

            if (isLast)
            {
                return false;
            }

            // What is there comes before the deadline: this thread may just have been late.
            isLast = deadline.HasPassed;
        }

        // Closed meanwhile: the next call would not wait either, it would say so.
        return true;
    }
}
