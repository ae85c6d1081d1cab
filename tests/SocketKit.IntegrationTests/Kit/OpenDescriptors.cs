namespace SocketKit.IntegrationTests.Kit;

/// <summary>The descriptors of this process, as Linux lists them. For tests that run alone in the process.</summary>
internal static class OpenDescriptors
{
    public static int Count() => Directory.GetFileSystemEntries("/proc/self/fd").Length;

    /// <summary>Waits until at most that many are open; fails with the number that stays open.</summary>
    public static void ShouldReturnTo(int baseline, Action? beforeEachLook = null)
    {
        bool returned = SpinWait.SpinUntil(
            () =>
            {
                beforeEachLook?.Invoke();
                return Count() <= baseline;
            },
            Limits.Hang);
        returned.Should().BeTrue($"{baseline} descriptors were open before, and {Count()} are now");
    }
}
