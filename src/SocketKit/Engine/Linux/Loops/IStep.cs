namespace SocketKit.Engine.Linux.Loops;

/// <summary>Where threads may interleave: nothing in production, the scheduler's choice in tests.</summary>
internal interface IStep
{
    static abstract void Take();

    /// <summary>A full fence on every thread of the process, whatever it is doing. Costs so much that only what is rare may ask for it.</summary>
    static abstract void FenceAll();
}
