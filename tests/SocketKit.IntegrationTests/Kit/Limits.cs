namespace SocketKit.IntegrationTests.Kit;

/// <summary>How long a test waits for what should happen at once; generous, because it is only reached when something is broken.</summary>
public static class Limits
{
    public static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    /// <summary>Fails, instead of hanging, when the task does not end.</summary>
    public static Task Within(this Task task) => task.WaitAsync(Hang);

    public static Task<T> Within<T>(this Task<T> task) => task.WaitAsync(Hang);

    public static Task Within(this ValueTask task) => task.AsTask().WaitAsync(Hang);

    public static Task<T> Within<T>(this ValueTask<T> task) => task.AsTask().WaitAsync(Hang);

    /// <summary>Runs a blocking call on a thread of its own and waits for its end.</summary>
    public static Task<T> OnThread<T>(Func<T> call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static Task OnThread(Action call) =>
        Task.Factory.StartNew(call, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
