using System.Net.Sockets;
using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Loops;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Linux;

/// <summary>Alone, because it counts the threads and the epoll descriptors of the process.</summary>
[SupportedOSPlatform("linux")]
[Collection(Serial.Name)]
public sealed class EpollLoopsTests
{
    [LinuxFact]
    public async Task Loops_that_get_no_thread_leave_none_running_and_no_descriptor_open()
    {
        int before = EpollDescriptors();
        int threads = LoopThreads();

        for (int i = 0; i < 20; i++)
        {
            Action make = static () => _ = new EpollLoops(SocketEngine.Portable, 3, BusyPoll.Off, mostThreads: 2);
            make.Should().Throw<SocketException>().Where(static exception =>
                exception.SocketErrorCode == SocketError.NoBufferSpaceAvailable);
        }

        await Eventually.BeTrueAsync(() => EpollDescriptors() <= before, "each loop closes its epoll instance");
        await Eventually.BeTrueAsync(() => LoopThreads() <= threads, "the threads of the loops end");
    }

    private static int EpollDescriptors() => Directory.EnumerateFiles("/proc/self/fd")
        .Count(static link => TargetOf(link).Contains("[eventpoll]", StringComparison.Ordinal));

    /// <summary>By the names that the kernel keeps, which are cut after 15 characters (prctl(2), PR_SET_NAME).</summary>
    private static int LoopThreads() =>
        Directory.EnumerateDirectories("/proc/self/task").Count(static folder => NameOf(folder) == "SocketKit loop ");

    private static string NameOf(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "comm")).TrimEnd('\n');
        }
        catch (IOException)
        {
            // It has ended since it was listed.
            return string.Empty;
        }
    }

    private static string TargetOf(string link)
    {
        try
        {
            return new FileInfo(link).LinkTarget ?? string.Empty;
        }
        catch (IOException)
        {
            // Closed since it was listed.
            return string.Empty;
        }
    }
}
