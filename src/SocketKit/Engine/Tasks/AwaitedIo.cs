using System.Runtime.CompilerServices;

namespace SocketKit.Engine.Tasks;

/// <summary>An async method's outcome as an operation; for the rare calls that queue or come in parts, so it serves one call only.</summary>
internal sealed class AwaitedIo : IoTaskSource
{
    private readonly ConfiguredValueTaskAwaitable<IoResult>.ConfiguredValueTaskAwaiter _awaiter;

    private AwaitedIo(ValueTask<IoResult> task) => _awaiter = task.ConfigureAwait(false).GetAwaiter();

    public static IoTask Follow(ValueTask<IoResult> task)
    {
        var followed = new AwaitedIo(task);
        IoTask result = followed.Task;
        followed._awaiter.UnsafeOnCompleted(followed.OnEnded);
        return result;
    }

    private void OnEnded()
    {
        IoResult outcome = default;
        try
        {
            outcome = _awaiter.GetResult();
        }
        catch (Exception exception)
        {
            // The system's errors are outcomes; what throws is the caller's own memory, and the caller hears of it.
            NoteThrown(exception);
        }

        Complete(outcome);
    }
}
