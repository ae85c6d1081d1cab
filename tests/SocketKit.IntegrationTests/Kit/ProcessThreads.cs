using System.Globalization;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>The threads of a process, as proc(5) lists them.</summary>
internal static class ProcessThreads
{
    /// <summary>Whether the condition holds for the folder of each thread; false also if one has ended meanwhile.</summary>
    public static bool All(int process, Func<string, bool> condition)
    {
        try
        {
            return Directory.EnumerateDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/task")).All(condition);
        }
        catch (IOException)
        {
            // It has ended since it was listed, so there is another list now.
            return false;
        }
    }
}
