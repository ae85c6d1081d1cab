using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Streams;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>
/// A descriptor and what waits for it: its state word, its registration with a loop, the operations of both directions, and the callers
/// inside. Streams, listeners and pending connects are built on it. Blocking calls leave the loop alone; the first async call that has to wait
/// registers the descriptor, once.
/// </summary>
/// <param name="loops">Where it is registered when it first has to wait.</param>
/// <param name="number">The descriptor.</param>
/// <param name="owner">The channel; null where somebody else closes the descriptor.</param>
/// <param name="slowness">What is expected of the code that runs for it.</param>
[SupportedOSPlatform("linux")]
internal sealed partial class EpollDescriptor(EpollLoops loops, int number, IDescriptorOwner? owner, Slowness slowness = default)
    : IOperationOwner<FreeStep>, IEventTarget, IReadinessOwner
{
    /// <summary>A number that no file has.</summary>
    private const int NoDescriptor = -1;

    private DescriptorState<FreeStep> _state = DescriptorState<FreeStep>.Fresh;
    private KernelWaits _kernelWaits;
    private Slowness _slowness = slowness;
    private ReadabilityWaiters _waiters;
    private EpollOperation<FreeStep>? _receive;
    private EpollOperation<FreeStep>? _send;
    private EpollLoop? _loop;
    private uint _registered;
    private bool _usesPool;

    public int Number => number;

    /// <summary>The engine of its loops.</summary>
    public SocketEngine Engine => loops.Engine;

    /// <summary>Where continuations run; set before the first wait.</summary>
    public Dispatch Dispatch
    {
        get => _usesPool ? Dispatch.ThreadPool : Dispatch.Inline;
        set => _usesPool = value == Dispatch.ThreadPool;
    }

    public ref DescriptorState<FreeStep> State => ref _state;

    public ref Slowness Slowness => ref _slowness;

    /// <summary>The last receive operation, which may be rented again.</summary>
    public EpollOperation<FreeStep>? Receiving => _receive;

    /// <summary>The last send operation, which may be rented again.</summary>
    public EpollOperation<FreeStep>? Sending => _send;

    /// <summary>Threads that wait in a system call which only shutdown(2) ends.</summary>
    public ref KernelWaits KernelWaits => ref _kernelWaits;

    public bool IsClosing => _state.IsClosing;

    ulong IEventTarget.Key { get; set; }

    ref ReadabilityWaiters IReadinessOwner.Waiters => ref _waiters;

    /// <summary>The counterpart of <see cref="DescriptorState{TStep}.TryEnter"/>.</summary>
    public void Leave()
    {
        if (_state.Exit())
        {
            CloseUnused();
        }
    }

    /// <summary>Gives a direction back that was begun.</summary>
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

    public ServiceSignal Follows(CancellationToken cancellationToken) => owner?.Follows(cancellationToken) ?? ServiceSignal.None;

    /// <summary>
    /// No operation begins from now on, and no event is noticed. The caller counts as inside until <see cref="EndClose"/>, which has to follow.
    /// </summary>
    /// <param name="others">Whether other callers are inside.</param>
    /// <param name="isGone">Somebody else has closed the descriptor, and its number may be another file's.</param>
    /// <returns>The operations that were waiting.</returns>
    public Claims BeginClose(out bool others, bool isGone = false)
    {
        Claims claims = _state.BeginClose(out others);
        _slowness.End();
        Unregister(isGone ? NoDescriptor : number);
        return claims;
    }

    /// <summary>Ends what was waiting as closed.</summary>
    /// <param name="claims">What <see cref="BeginClose"/> has returned.</param>
    public void EndClose(Claims claims)
    {
        End(claims, ChannelStatus.Closed);
        _waiters.End(this);
        Leave();
    }

    /// <summary>A token of the service has fired: what follows it ends as canceled.</summary>
    public void CancelServed(ServiceSignal signal)
    {
        End(_state.Stop(signal), ChannelStatus.Canceled);
        _waiters.CancelServed(this, signal);
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
