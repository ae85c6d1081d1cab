namespace SocketKit;

/// <summary>
/// Where the code behind an <c>await</c> goes on when the operation had to wait. Only the epoll engine has the choice; on the portable engine
/// it is always the thread pool.
/// </summary>
public enum Dispatch
{
    /// <summary>
    /// On the engine's loop, at once. The cheapest by far while handlers are short; one that blocks or computes for milliseconds is noticed, and
    /// another thread takes the loop over.
    /// </summary>
    Inline,

    /// <summary>
    /// On the thread pool, as System.Net.Sockets does: one hop more per wait, and no code of the user's ever runs on a loop. For handlers that
    /// often block or compute.
    /// </summary>
    ThreadPool,
}
