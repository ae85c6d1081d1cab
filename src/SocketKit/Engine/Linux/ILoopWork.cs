namespace SocketKit.Engine.Linux;

/// <summary>A continuation that a loop runs, or the thread pool.</summary>
internal interface ILoopWork : IThreadPoolWorkItem
{
    /// <summary>
    /// How often what runs for this connection is still to be run aside, on a thread of its own: set when it has kept a loop from its work,
    /// and lowered whenever it was quick.
    /// </summary>
    ref int Slowness { get; }
}
