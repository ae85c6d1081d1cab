using System.Collections.Concurrent;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// What other threads have handed to a loop. They post and then look whether it sleeps; it says that it sleeps and then looks for posts: one
/// of them sees the other.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal sealed class LoopInbox<TStep>
    where TStep : struct, IStep
{
    private readonly ConcurrentQueue<Post> _posts = new();
    private SleepMark<TStep> _mark;

    public bool IsEmpty => _posts.IsEmpty;

    /// <summary>What is there now. The rest of a long queue has to wait for the loop's next turn, so that events are not kept waiting.</summary>
    public int Count => _posts.IsEmpty ? 0 : _posts.Count;

    /// <summary>The continuation is to run. True, here and below: the loop sleeps, or is about to, and the caller has to wake it.</summary>
    public bool AddContinuation(ILoopWork continuation) => Add(new Post(continuation, null, null));

    /// <summary>The attempt, whose operation is not armed, is to be made.</summary>
    public bool AddReady(IDeferredAttempt attempt) => Add(new Post(null, null, attempt));

    /// <summary>The clock is to look at this node in time.</summary>
    public bool AddDeadline(DeadlineNode node) => Add(new Post(null, node, null));

    public bool TryTake(out Post post) => _posts.TryDequeue(out post);

    /// <summary>By the loop. False: something came meanwhile, so it must not wait. <see cref="EndSleep"/> follows in any case.</summary>
    public bool BeginSleep()
    {
        _mark.Sleep();
        TStep.Take();
        return _posts.IsEmpty;
    }

    public void EndSleep() => _mark.Wake();

    private bool Add(Post post)
    {
        TStep.Take();
        _posts.Enqueue(post);
        return _mark.MustWake();
    }

    /// <summary>One of three things to do.</summary>
    internal readonly record struct Post(ILoopWork? Continuation, DeadlineNode? Node, IDeferredAttempt? Ready);
}
