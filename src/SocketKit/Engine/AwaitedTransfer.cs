using System.Runtime.CompilerServices;

namespace SocketKit.Engine;

/// <summary>An async method's outcome as an operation; for the rare calls that queue or come in parts, so it serves one call only.</summary>
internal sealed class AwaitedTransfer : PendingTransfer
{
    private readonly ConfiguredValueTaskAwaitable<Transfer>.ConfiguredValueTaskAwaiter _awaiter;

    private AwaitedTransfer(ValueTask<Transfer> task) => _awaiter = task.ConfigureAwait(false).GetAwaiter();

    public static TransferTask Follow(ValueTask<Transfer> task)
    {
        var followed = new AwaitedTransfer(task);
        TransferTask result = followed.Task;
        followed._awaiter.UnsafeOnCompleted(followed.OnEnded);
        return result;
    }

    private void OnEnded()
    {
        Transfer outcome = default;
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
