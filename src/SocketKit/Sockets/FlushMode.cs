namespace SocketKit;

/// <summary>When a flush of a connection's pipe sends.</summary>
public enum FlushMode
{
    /// <summary>At once. The flush waits until the kernel has everything.</summary>
    Immediate,

    /// <summary>
    /// When the engine's loop has run the code of all connections that were ready, together with what other flushes have left until then;
    /// outside of a loop, from the thread pool. The flush waits only if more than 64 KiB are left. An error shows at the next flush. What
    /// is left is sent before the output completes and when a handler of <c>ServeAsync</c> or <c>KeepConnectedAsync</c> returns; a dispose
    /// before that is a reset. For handlers that answer several requests of one receive with a flush each.
    /// </summary>
    EndOfTurn,
}
