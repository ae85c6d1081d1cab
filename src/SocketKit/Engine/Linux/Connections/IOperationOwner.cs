using SocketKit.Engine.Linux.Loops;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>A connection, as its pending operations see it.</summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal interface IOperationOwner<TStep>
    where TStep : struct, IStep
{
    ref DescriptorState<TStep> Word { get; }

    /// <summary>See <see cref="ILoopWork.Slowness"/>.</summary>
    ref Slowness Slowness { get; }

    /// <summary>
    /// The signal that <see cref="DescriptorState{TStep}.Stop"/> gets when this token has fired; an operation need not register with it.
    /// </summary>
    ServiceSignal Follows(CancellationToken cancellationToken);

    /// <summary>From now on whoever claims this direction finds the operation.</summary>
    void Publish(EpollOperation<TStep> operation);

    /// <summary>The operation that was published last. By whoever has claimed the direction.</summary>
    EpollOperation<TStep> Published(Direction direction);

    /// <summary>The operation is armed and has a deadline: the clock shall look at it in time.</summary>
    void Watch(EpollOperation<TStep> operation);

    /// <summary>Ended by the loop: its continuation is to run.</summary>
    void Queue(EpollOperation<TStep> operation);

    /// <summary>Ended by any thread: its continuation is to run, but not on this thread's stack.</summary>
    void Post(EpollOperation<TStep> operation);

    /// <summary>Not armed: the loop is to attempt it when it comes round.</summary>
    void Defer(EpollOperation<TStep> operation);

    /// <summary>The last one is out of a closing connection: close(2).</summary>
    void CloseUnused();
}
