namespace SocketKit.IntegrationTests.Linux.Hazards;

/// <summary>The descriptors that this process has registered with epoll(7), as Linux lists them. For tests that run alone in the process.</summary>
internal static class Registrations
{
    private const string Epoll = "anon_inode:[eventpoll]";

    public static int Count() => new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos()
        .Where(static file => file.LinkTarget == Epoll)
        .Sum(static file => File.ReadLines(Path.Combine("/proc/self/fdinfo", file.Name)).Count(static line => line.StartsWith("tfd:", StringComparison.Ordinal)));
}
