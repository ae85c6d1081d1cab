namespace SocketKit.Sockets.Limits;

/// <summary>How many connections a server serves in a process that may not have any number of descriptors.</summary>
internal static class ConnectionLimit
{
    /// <summary>What is left for files, other sockets and the runtime, which cannot start a thread without a descriptor.</summary>
    private const int Reserve = 512;

    /// <summary>MaxConnections, or fewer, so that the reserve is left; of fewer than 1024 descriptors one half.</summary>
    /// <param name="asked">MaxConnections.</param>
    /// <param name="descriptors">How many descriptors the process may have; null if that is not known.</param>
    public static int Within(int asked, long? descriptors) =>
        descriptors is { } limit ? (int)Math.Clamp(limit - Math.Min(Reserve, limit / 2), 1, asked) : asked;
}
