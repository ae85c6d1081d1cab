namespace SocketKit;

/// <summary>
/// Where the code after an <c>await</c> resumes when the operation had to wait. Only the epoll engine offers the choice; on the portable
/// engine it is always the thread pool.
/// </summary>
public enum Dispatch
{
    /// <summary>The default.</summary>
    Auto,

    /// <summary>
    /// On the engine's loop, immediately. By far the cheapest while handlers are short. A handler that blocks or computes for
    /// milliseconds is detected, and another thread takes over the loop.
    /// </summary>
    Inline,

    /// <summary>
    /// On the thread pool, as System.Net.Sockets does: one thread switch more per wait, and user code never runs on a loop. For handlers
    /// that often block or compute.
    /// </summary>
    ThreadPool,
}
