using System.Globalization;

namespace SocketKit.Compare;

/// <summary>The processor time of another process.</summary>
internal static class ProcessClock
{
    /// <summary>
    /// Seconds of all threads that run now. The kernel counts them in nanoseconds in /proc/PID/task/TID/schedstat (first column);
    /// null where there is no such file.
    /// </summary>
    public static double? Read(int process)
    {
        try
        {
            string[] threads = Directory.GetDirectories(Text.Of($"/proc/{process}/task"));
            return threads.Sum(static thread => Nanoseconds(Path.Combine(thread, "schedstat"))) / 1e9;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // Not Linux, or the process has just ended.
            return null;
        }
    }

    private static double Nanoseconds(string path)
    {
        try
        {
            string text = File.ReadAllText(path);
            return double.Parse(text.AsSpan(0, text.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // The thread has just ended.
            return 0;
        }
    }
}
