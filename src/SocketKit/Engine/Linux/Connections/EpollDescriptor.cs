using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>
/// A descriptor with its state word, its registration with a loop, the operations of both directions, and the count of callers inside.
/// Streams, datagram sockets, listeners and pending connects are built on it. Blocking calls do not use the loop. The first async call that
/// has to wait registers the descriptor, once.
/// </summary>
/// <param name="loops">The loops, one of which it is registered with when it first has to wait.</param>
/// <param name="number">The descriptor.</param>
/// <param name="owner">The channel; null if another object closes the descriptor.</param>
/// <param name="pace">The expected pace of the code that runs for it.</param>
/// <param name="watched">The events that it is registered for, unless a call names others.</param>
[SupportedOSPlatform("linux")]
internal sealed partial class EpollDescriptor(
    EpollLoops loops, int number, IDescriptorOwner? owner, Pace pace = default, uint watched = EpollDescriptor.AllEvents)
    : IOperationOwner<FreeStep>, IEventTarget, IReadinessOwner
{
    /// <summary>A number that no file has.</summary>
    private const int NoDescriptor = -1;

    private DescriptorState<FreeStep> _state = DescriptorState<FreeStep>.Fresh;
    private KernelWaits _kernelWaits;
    private Pace _pace = pace;
    private ReadinessWaiters _waiters;
    private EpollOperation<FreeStep>? _receive;
    private EpollOperation<FreeStep>? _send;
    private EpollLoop? _loop;
    private uint _registered;
    private Dispatch _dispatch;

    public int Number => number;

    /// <summary>The engine of its loops.</summary>
    public SocketEngine Engine => loops.Engine;

    /// <summary>Where continuations run; set before the first wait.</summary>
    public Dispatch Dispatch
    {
        get => _dispatch;
        set
        {
            _dispatch = value;
            if (value == Dispatch.Inline)
            {
                _pace.PreferLoop();
            }
        }
    }

    public ref DescriptorState<FreeStep> State => ref _state;

    public ref Pace Pace => ref _pace;

    /// <summary>The last receive operation, which may be rented again.</summary>
    public EpollOperation<FreeStep>? Receiving => _receive;

    /// <summary>The last send operation, which may be rented again.</summary>
    public EpollOperation<FreeStep>? Sending => _send;

    /// <summary>Counts the threads that wait in a system call which only shutdown(2) ends.</summary>
    public ref KernelWaits KernelWaits => ref _kernelWaits;

    public bool IsClosing => _state.IsClosing;

    ulong IEventTarget.Key { get; set; }

    ref ReadinessWaiters IReadinessOwner.Waiters => ref _waiters;

    /// <summary>The counterpart of <see cref="DescriptorState{TStep}.TryEnter"/>.</summary>
    public void Leave()
    {
        if (_state.Exit())
        {
            CloseUnused();
        }
    }

    /// <summary>Ends the operation of a direction.</summary>
    /// <param name="direction">Which one.</param>
    /// <param name="ready">Whether another attempt may succeed without a new edge.</param>
    public void End(Direction direction, bool ready)
    {
        if (_state.End(direction, ready))
        {
            CloseUnused();
        }
    }

    public void CloseUnused() => owner?.CloseUnused();

    public ServiceSignal SignalOf(CancellationToken cancellationToken) => owner?.SignalOf(cancellationToken) ?? ServiceSignal.None;

    /// <summary>
    /// Begins the close: from now on no operation begins and no event is noticed. The caller counts as inside until it calls
    /// <see cref="EndClose"/>, which has to follow.
    /// </summary>
    /// <param name="others">Whether other callers are inside.</param>
    /// <param name="isGone">Whether the descriptor's owner has closed it already, so that its number may belong to another file.</param>
    /// <returns>The operations that were waiting, which the caller has claimed.</returns>
    public Claims BeginClose(out bool others, bool isGone = false)
    {
        Claims claims = _state.BeginClose(out others);
        _pace.End();
        Unregister(isGone ? NoDescriptor : number);
        return claims;
    }

    /// <summary>Ends the operations that were waiting as closed.</summary>
    /// <param name="claims">The result of <see cref="BeginClose"/>.</param>
    public void EndClose(Claims claims)
    {
        End(claims, ChannelStatus.Closed);
        _waiters.EndAll(this);
        Leave();
    }

    /// <summary>A token of the service has fired: ends the operations that wait with it as canceled.</summary>
    public void CancelServed(ServiceSignal signal)
    {
        End(_state.Stop(signal), ChannelStatus.Canceled);
        _waiters.CancelServed(this, signal);
    }

    /// <summary>Ends the receive that waits as canceled; one that is being attempted ends so when it would arm.</summary>
    public void CancelReceive()
    {
        if (_state.Cancel(Direction.Receive))
        {
            _receive!.OnEnded(ChannelStatus.Canceled);
        }
    }

    private void End(Claims claims, ChannelStatus status)
    {
        if ((claims & Claims.Receive) != 0)
        {
            _receive!.OnEnded(status);
        }

        if ((claims & Claims.Send) != 0)
        {
            _send!.OnEnded(status);
        }
    }
}
