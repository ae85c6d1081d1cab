using System.Collections.Concurrent;

namespace SocketKit.Engine.Linux.Loops;

/// <summary>
/// What other threads have posted to a loop. A poster posts and then checks whether the loop sleeps. The loop marks itself as asleep and
/// then checks for posts. So at least one of them sees the other.
/// </summary>
/// <typeparam name="TStep">Where threads may interleave.</typeparam>
internal sealed class LoopInbox<TStep>
    where TStep : struct, IStep
{
    private readonly ConcurrentQueue<Post> _posts = new();
    private SleepMark<TStep> _mark;

    public bool IsEmpty => _posts.IsEmpty;

    /// <summary>The number of posts at this moment. Later posts wait for the loop's next turn, so that events are not delayed.</summary>
    public int Count => _posts.IsEmpty ? 0 : _posts.Count;

    /// <summary>Posts a continuation. True, here and below: the loop sleeps or is about to, and the caller has to wake it.</summary>
    public bool AddContinuation(ILoopWork continuation) => Add(new Post(continuation, null, null));

    /// <summary>Posts an attempt of an operation that is not armed.</summary>
    public bool AddReady(IDeferredAttempt attempt) => Add(new Post(null, null, attempt));

    /// <summary>Posts a node that the clock has to link.</summary>
    public bool AddDeadline(DeadlineNode node) => Add(new Post(null, node, null));

    public bool TryTake(out Post post) => _posts.TryDequeue(out post);

    /// <summary>
    /// Called by the loop before it sleeps. False: a post came meanwhile, so it must not wait. <see cref="EndSleep"/> follows in either
    /// case.
    /// </summary>
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

    /// <summary>One post: exactly one of the three is set.</summary>
    internal readonly record struct Post(ILoopWork? Continuation, DeadlineNode? Node, IDeferredAttempt? Ready);
}
