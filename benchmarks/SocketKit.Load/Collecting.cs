namespace SocketKit.Load;

/// <summary>Collects garbage every second, so that the memory of the process is what is in use.</summary>
internal static class Collecting
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <returns>What ends it when it is disposed.</returns>
    public static Timer Start() =>
        new(static _ => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive), null, s_pause, s_pause);
}
