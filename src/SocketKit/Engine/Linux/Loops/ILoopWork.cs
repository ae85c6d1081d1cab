namespace SocketKit.Engine.Linux.Loops;

/// <summary>A continuation that runs on a loop or on the thread pool.</summary>
internal interface ILoopWork : IThreadPoolWorkItem
{
    /// <summary>The pace of the connection that the work belongs to.</summary>
    ref Pace Pace { get; }
}
