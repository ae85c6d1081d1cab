using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>The part of a descriptor that its pending operations need.</summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal interface IOperationOwner<TStep>
    where TStep : struct, IStep
{
    ref DescriptorState<TStep> Word { get; }

    /// <summary>See <see cref="ILoopWork.Pace"/>.</summary>
    ref Pace Pace { get; }

    /// <summary>
    /// The signal that <see cref="DescriptorState{TStep}.Stop"/> gets when this token has fired; the operation does not register with
    /// such a token. None for every other token.
    /// </summary>
    ServiceSignal SignalOf(CancellationToken cancellationToken);

    /// <summary>From now on a thread that claims this direction finds this operation.</summary>
    void Publish(EpollOperation<TStep> operation);

    /// <summary>The operation that was published last. Called by the thread that has claimed the direction.</summary>
    EpollOperation<TStep> Published(Direction direction);

    /// <summary>The operation is armed and has a deadline: hands it to the clock.</summary>
    void Watch(EpollOperation<TStep> operation);

    /// <summary>Called on the loop: queues the continuation of an operation that has ended.</summary>
    void Queue(EpollOperation<TStep> operation);

    /// <summary>
    /// Called by any thread: posts the continuation of an operation that has ended, which does not run on this thread's stack.
    /// </summary>
    void Post(EpollOperation<TStep> operation);

    /// <summary>The operation is not armed: the loop attempts it on its next turn.</summary>
    void Defer(EpollOperation<TStep> operation);

    /// <summary>Called by the last caller that leaves a closing descriptor: close(2).</summary>
    void CloseUnused();
}
