namespace SocketKit.Engine.Linux.Loops;

/// <summary>A point where threads may interleave: nothing in production, a choice of the scheduler in tests.</summary>
internal interface IStep
{
    static abstract void Take();

    /// <summary>A full fence on every thread of the process. It is expensive, so only rare paths may use it.</summary>
    static abstract void FenceAll();
}
