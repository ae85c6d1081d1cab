namespace SocketKit.Engine;

/// <summary>
/// Tells the engines that the calling thread is about to block in a call of this library. An engine whose loops run user code lets another
/// thread take over the loop whose user code the calling thread runs.
/// </summary>
internal static class BlockingWait
{
    private static Action? s_handOff;

    /// <summary>Called by an engine before its first loop runs. All engines with loops register the same method.</summary>
    public static void Use(Action handOff) => Volatile.Write(ref s_handOff, handOff);

    /// <summary>Called before every wait that blocks the calling thread. Costs a field read where no engine has loops.</summary>
    public static void Announce() => Volatile.Read(ref s_handOff)?.Invoke();
}
