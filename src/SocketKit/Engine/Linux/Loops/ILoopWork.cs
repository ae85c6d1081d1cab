namespace SocketKit.Engine.Linux.Loops;

/// <summary>A continuation that a loop runs, or the thread pool.</summary>
internal interface ILoopWork : IThreadPoolWorkItem
{
    /// <summary>Of the connection that it runs for.</summary>
    ref Slowness Slowness { get; }
}
