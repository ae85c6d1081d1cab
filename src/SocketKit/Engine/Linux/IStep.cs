namespace SocketKit.Engine.Linux;

/// <summary>Where threads may interleave: nothing in production, the scheduler's choice in tests.</summary>
internal interface IStep
{
    static abstract void Take();
}
