using System.Globalization;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>The threads of a process, as proc(5) lists them.</summary>
internal static class ProcessThreads
{
    /// <summary>
    /// What its threads have had of the processors: schedstat, in nanoseconds. The ticks of times(2) are too coarse for a process that
    /// hardly runs.
    /// </summary>
    public static double ProcessorMilliseconds(int process)
    {
        double nanoseconds = 0;
        foreach (string task in Directory.EnumerateDirectories(FolderOf(process)))
        {
            try
            {
                nanoseconds += long.Parse(File.ReadAllText(Path.Combine(task, "schedstat")).Split(' ')[0], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It has ended since it was listed.
            }
        }

        return nanoseconds / 1e6;
    }

    /// <summary>Whether the condition holds for the folder of each thread; false also if one has ended meanwhile.</summary>
    public static bool All(int process, Func<string, bool> condition)
    {
        try
        {
            return Directory.EnumerateDirectories(FolderOf(process)).All(condition);
        }
        catch (IOException)
        {
            // It has ended since it was listed, so there is another list now.
            return false;
        }
    }

    /// <summary>Whether the thread of a folder waits in the kernel; false also if it has ended.</summary>
    public static bool IsAsleep(string folder)
    {
        try
        {
            // The state stands behind the name, which ends with the last bracket.
            string stat = File.ReadAllText(Path.Combine(folder, "stat"));
            return stat[stat.LastIndexOf(')') + 2] == 'S';
        }
        catch (IOException)
        {
            // It has ended.
            return false;
        }
    }

    private static string FolderOf(int process) => string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task");
}
