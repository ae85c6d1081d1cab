using System.Globalization;

namespace SocketKit.IntegrationTests.Linux.Hazards;

/// <summary>
/// The descriptors that this process has registered with epoll(7), as Linux lists them. For tests that run alone in the process.
/// </summary>
internal static class Registrations
{
    private const string Epoll = "anon_inode:[eventpoll]";

    /// <summary>
    /// Each as the number of its epoll instance, its own number, and what it is, which is another one for each socket. Without the pipes of
    /// child processes, which .NET registers for itself and lets go when they are collected.
    /// </summary>
    public static IReadOnlyCollection<string> List() =>
    [
        .. new DirectoryInfo("/proc/self/fd").EnumerateFileSystemInfos()
            .Where(static file => file.LinkTarget == Epoll)
            .SelectMany(
                static file => DescriptorsOf(file.Name).Select(fd => $"{file.Name}: {fd} {new FileInfo($"/proc/self/fd/{fd}").LinkTarget}"))
            .Where(static line => !line.Contains("pipe:", StringComparison.Ordinal)),
    ];

    public static bool Contains(int fd) =>
        List().Any(line => line.Contains(string.Create(CultureInfo.InvariantCulture, $": {fd} "), StringComparison.Ordinal));

    private static IEnumerable<string> DescriptorsOf(string epoll) =>
        from line in File.ReadLines(Path.Combine("/proc/self/fdinfo", epoll))
        where line.StartsWith("tfd:", StringComparison.Ordinal)
        select line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1];
}
