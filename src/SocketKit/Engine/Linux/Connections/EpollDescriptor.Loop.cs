using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using SocketKit.Engine.Linux.Interop;
using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>Registration with a loop, and what the loop does for the descriptor.</summary>
internal sealed partial class EpollDescriptor
{
    /// <summary>Both directions, edge-triggered; registered once, by the first async wait.</summary>
    public const uint AllEvents = Libc.EPOLLIN | Libc.EPOLLOUT | Libc.EPOLLRDHUP | Libc.EPOLLET;

    /// <summary>
    /// What a datagram socket is registered for. Every datagram that leaves its send buffer is an edge of EPOLLOUT (sock_def_write_space in
    /// net/core/sock.c), so it watches for room only while a send waits.
    /// </summary>
    public const uint DatagramEvents = Libc.EPOLLIN | Libc.EPOLLRDHUP | Libc.EPOLLET;

    /// <summary>For Closed alone: if only blocking calls use the connection, its data must not wake the loop.</summary>
    public const uint EndEvents = Libc.EPOLLRDHUP | Libc.EPOLLET;

    /// <summary>The descriptor is closing and takes no registration any more; not a combination of events.</summary>
    private const uint Unregistered = uint.MaxValue;

    /// <summary>Registers the descriptor for these events, unless it is registered already. The caller is inside.</summary>
    /// <returns>The error of epoll_ctl(2), for instance when the limit of registrations is reached.</returns>
    public SocketError Register() => Register(watched);

    /// <inheritdoc cref="Register()"/>
    public SocketError Register(uint events)
    {
        uint registered = Volatile.Read(ref _registered);
        if ((registered & events) == events && registered != Unregistered)
        {
            return SocketError.Success;
        }

        lock (this)
        {
            if (_registered == Unregistered)
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
                    Assign(loops.Choose());
                    _loop.Add(number, events, this);
                }
                else
                {
                    _loop!.Modify(number, events, this);
                }

                Volatile.Write(ref _registered, events);
                return SocketError.Success;
            }
            catch (SocketException exception)
            {
                // Engines report system errors as outcomes.
                return exception.SocketErrorCode;
            }
        }
    }

    /// <summary>Takes a registration for more events back.</summary>
    public void Narrow()
    {
        lock (this)
        {
            if (_registered == watched || _registered is 0 or Unregistered)
            {
                return;
            }

            try
            {
                _loop!.Modify(number, watched, this);
                Volatile.Write(ref _registered, watched);
            }
            catch (SocketException)
            {
                // The kernel has no memory for it. The descriptor goes on being watched for more than it needs.
            }
        }
    }

    /// <summary>Runs the handler on the loop with the fewest connections, which becomes the loop of this descriptor.</summary>
    public void Run(IThreadPoolWorkItem handler)
    {
        lock (this)
        {
            // Another handler may have found this connection in its server's list, and be registering it at this moment.
            Assign(loops.ChooseLeast());
        }

        _loop.PostContinuation(new Start(this, handler));
    }

    void IEventTarget.OnEvents(uint events)
    {
        EdgeReadiness readiness = ReadinessOf(events);
        Claims claims = _state.Signal(readiness);
        _waiters.End(this, (readiness & EdgeReadiness.Readable) != 0, (readiness & EdgeReadiness.Writable) != 0);
        if ((claims & Claims.Receive) != 0)
        {
            _receive!.OnReady();
        }

        if ((readiness & EdgeReadiness.ReadsOver) != 0)
        {
            owner?.OnReadsOver(isNoticed: (claims & Claims.Receive) != 0);
        }

        if ((claims & Claims.Send) != 0)
        {
            _send!.OnReady();
        }

        if (watched != AllEvents && (readiness & EdgeReadiness.Writable) != 0)
        {
            owner?.OnRoom();
        }
    }

    /// <summary>A listener has no owner: new connections are too rare to try for.</summary>
    bool IEventTarget.TryReceive()
    {
        if (owner is null || !_state.Claim(Direction.Receive) || !_receive!.TryEnd())
        {
            return false;
        }

        // The receive may have taken what an edge would have announced; that edge then comes without EPOLLIN, or not at all.
        _waiters.End(this, readable: true, writable: false);
        return true;
    }

    ref DescriptorState<FreeStep> IOperationOwner<FreeStep>.Word => ref _state;

    void IOperationOwner<FreeStep>.Publish(EpollOperation<FreeStep> operation)
    {
        if (operation.Direction == Direction.Receive)
        {
            _receive = operation;
        }
        else
        {
            _send = operation;
        }
    }

    EpollOperation<FreeStep> IOperationOwner<FreeStep>.Published(Direction direction) =>
        direction == Direction.Receive ? _receive! : _send!;

    void IOperationOwner<FreeStep>.Watch(EpollOperation<FreeStep> operation) => Watch(operation);

    void IOperationOwner<FreeStep>.Queue(EpollOperation<FreeStep> operation) => Queue(operation);

    void IOperationOwner<FreeStep>.Post(EpollOperation<FreeStep> operation) => Post(operation);

    /// <summary>See <see cref="IOperationOwner{TStep}.Queue"/>. The descriptor is registered.</summary>
    public void Queue(ILoopWork continuation)
    {
        if (!TryQueueToPool(continuation))
        {
            _loop!.Queue(continuation);
        }
    }

    /// <summary>See <see cref="IOperationOwner{TStep}.Post"/>. The descriptor is registered.</summary>
    public void Post(ILoopWork continuation)
    {
        if (!TryQueueToPool(continuation))
        {
            _loop!.PostContinuation(continuation);
        }
    }

    /// <summary>See <see cref="IOperationOwner{TStep}.Watch"/>: the deadline was set, and a full fence came after it.</summary>
    public void Watch(DeadlineNode node)
    {
        if (node.NeedsLink)
        {
            _loop!.PostDeadline(node);
        }
    }

    void IOperationOwner<FreeStep>.Defer(EpollOperation<FreeStep> operation) => _loop!.PostReady(operation);

    private static EdgeReadiness ReadinessOf(uint events)
    {
        const uint dead = Libc.EPOLLHUP | Libc.EPOLLERR;
        EdgeReadiness readiness = EdgeReadiness.None;
        if ((events & (Libc.EPOLLIN | Libc.EPOLLRDHUP | dead)) != 0)
        {
            readiness |= EdgeReadiness.Readable;
        }

        if ((events & (Libc.EPOLLOUT | dead)) != 0)
        {
            readiness |= EdgeReadiness.Writable;
        }

        if ((events & (Libc.EPOLLRDHUP | Libc.EPOLLHUP)) != 0)
        {
            readiness |= EdgeReadiness.ReadsOver;
        }

        return (events & Libc.EPOLLHUP) != 0 ? readiness | EdgeReadiness.WritesOver : readiness;
    }

    /// <summary>Queues continuations that never run on a loop. The operation is its own work item, so this allocates nothing.</summary>
    private bool TryQueueToPool(ILoopWork operation)
    {
        if (_dispatch != Dispatch.ThreadPool)
        {
            return false;
        }

        ThreadPool.UnsafeQueueUserWorkItem(operation, preferLocal: false);
        return true;
    }

    /// <summary>Gives the descriptor a loop for its whole life, unless it has one. It counts for the loop at once.</summary>
    [MemberNotNull(nameof(_loop))]
    private void Assign(EpollLoop chosen)
    {
        if (_loop is null)
        {
            _loop = chosen;
            if (_registered != Unregistered)
            {
                chosen.Assign();
            }
        }
    }

    private void Unregister(int fd)
    {
        lock (this)
        {
            if (_registered is not (0 or Unregistered))
            {
                _loop!.Remove(fd, this);
            }

            if (_registered != Unregistered)
            {
                _loop?.Release();
            }

            _registered = Unregistered;
        }
    }

    /// <summary>The first run of a connection's handler.</summary>
    private sealed class Start(EpollDescriptor descriptor, IThreadPoolWorkItem handler) : ILoopWork
    {
        public ref Pace Pace => ref descriptor.Pace;

        public void Execute() => handler.Execute();
    }
}
