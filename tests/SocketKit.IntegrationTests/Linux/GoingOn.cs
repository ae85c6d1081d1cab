using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Where the code after an await runs. A loop's threads are not of the pool.</summary>
internal static class GoingOn
{
    /// <summary>The call waits, and so does its caller; then something ends it.</summary>
    public static async Task GoesOnAsync(Dispatch dispatch, Task call, Action end)
    {
        Task<bool> isOnPool = IsOnPoolAfterAsync(call);
        isOnPool.IsCompleted.Should().BeFalse("or nothing waited");

        end();

        (await isOnPool.Within()).Should().Be(dispatch == Dispatch.ThreadPool);
    }

    public static async Task<bool> IsOnPoolAfterAsync(Task call)
    {
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Thread.CurrentThread.IsThreadPoolThread;
    }
}
