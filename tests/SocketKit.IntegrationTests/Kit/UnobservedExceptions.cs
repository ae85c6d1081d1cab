using System.Collections.Concurrent;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// Collects the exceptions of tasks that nobody looked at, from its creation on. For tests that run alone in the process.
/// </summary>
internal sealed class UnobservedExceptions : IDisposable
{
    private readonly ConcurrentQueue<Exception> _seen = new();

    /// <summary>Tasks of earlier tests report first: a callback that throws out of <c>Closed</c> is lost on purpose in some.</summary>
    public UnobservedExceptions()
    {
        Report();
        TaskScheduler.UnobservedTaskException += Note;
    }

    /// <summary>Fails if a task's exception was lost so far. Tasks report when they are finalized, so they are.</summary>
    public void ShouldBeNone()
    {
        Report();
        _seen.Should().BeEmpty();
    }

    public void Dispose() => TaskScheduler.UnobservedTaskException -= Note;

    private static void Report()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private void Note(object? sender, UnobservedTaskExceptionEventArgs e)
    {
        _seen.Enqueue(e.Exception);
        e.SetObserved();
    }
}
