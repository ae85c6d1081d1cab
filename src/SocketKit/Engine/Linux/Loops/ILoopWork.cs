namespace SocketKit.Engine.Linux.Loops;

/// <summary>A continuation that runs on a loop or on the thread pool.</summary>
internal interface ILoopWork : IThreadPoolWorkItem
{
    /// <summary>The slowness of the connection that the work belongs to.</summary>
    ref Slowness Slowness { get; }
}
