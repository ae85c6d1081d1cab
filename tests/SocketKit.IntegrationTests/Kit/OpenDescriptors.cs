namespace SocketKit.IntegrationTests.Kit;

/// <summary>
/// The sockets among the descriptors of this process, as Linux lists them. For tests that run alone in the process. Files do not count: the
/// runtime opens some whenever it loads an assembly.
/// </summary>
internal static class OpenDescriptors
{
    public static int Count() => new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos()
        .Count(static file => file.LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true);

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
        returned.Should().BeTrue($"{baseline} sockets were open before, and {Count()} are now");
    }
}
