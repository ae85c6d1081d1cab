using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Callers;

/// <summary>What the rows of this folder share: what the caller throws, and that nothing is left of it. For tests that run alone.</summary>
internal static class NothingLeft
{
    public const string Fault = "thrown by the application";

    public static InvalidOperationException Thrown() => new(Fault);

    /// <summary>Neither a descriptor nor a task's exception. The first run loads and starts what lives as long as the process.</summary>
    public static async Task AfterAsync(Func<Task> act)
    {
        await act();
        int baseline = OpenDescriptors.Count();
        using var unobserved = new UnobservedExceptions();

        await act();

        OpenDescriptors.ShouldReturnTo(baseline);
        unobserved.ShouldBeNone();
    }

    /// <summary>Also what the call throws before it returns a task.</summary>
    public static async Task<Exception?> FailureOf(Func<Task> call) => await Expect.Failure(Begin(call));

    private static async Task Begin(Func<Task> call) => await call();
}
