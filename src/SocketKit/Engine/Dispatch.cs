namespace SocketKit;

/// <summary>
/// Where the code after an <c>await</c> resumes when the operation had to wait. Only the epoll engine offers the choice; on the portable
/// engine it is always the thread pool.
/// </summary>
public enum Dispatch
{
    /// <summary>
    /// On the engine's loop, immediately, as long as handlers are quick. The engine measures how long the code of each connection runs
    /// between two awaits. If that is more than some 14 µs, other threads continue the loop meanwhile, up to one per processor. Code that
    /// blocks for half a millisecond or longer moves to a thread of its own until it is quick again.
    /// </summary>
    Auto,

    /// <summary>
    /// On the engine's loop, immediately, and the loop waits for the code to return. For handlers that are known to be quick and whose
    /// connections should share one processor's caches. Code that blocks, or computes for half a millisecond or longer, is treated as
    /// with <see cref="Auto"/>.
    /// </summary>
    Inline,

    /// <summary>
    /// On the thread pool, as System.Net.Sockets does: one thread switch more per wait, and user code never runs on a loop. For
    /// applications that limit or watch their threads by the thread pool.
    /// </summary>
    ThreadPool,
}
