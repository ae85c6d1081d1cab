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

    /// <summary>For Closed alone: if only blocking calls use the connection, its data must not wake the loop.</summary>
    public const uint EndEvents = Libc.EPOLLRDHUP | Libc.EPOLLET;

    /// <summary>The descriptor is closing and takes no registration any more; not a combination of events.</summary>
    private const uint Unregistered = uint.MaxValue;

    /// <summary>Registers the descriptor for these events, unless it is registered already. The caller is inside.</summary>
    /// <returns>The error of epoll_ctl(2), for instance when the limit of registrations is reached.</returns>
    public SocketError Register(uint events = AllEvents)
    {
        if (Volatile.Read(ref _registered) == AllEvents)
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
        else if ((readiness & EdgeReadiness.ReadsOver) != 0)
        {
            owner?.OnReadsOver();
        }

        if ((claims & Claims.Send) != 0)
        {
            _send!.OnReady();
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

    void IOperationOwner<FreeStep>.Post(EpollOperation<FreeStep> operation)
    {
        if (!TryQueueToPool(operation))
        {
            _loop!.PostContinuation(operation);
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
    private bool TryQueueToPool(EpollOperation<FreeStep> operation)
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
