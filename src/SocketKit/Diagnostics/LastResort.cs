namespace SocketKit.Diagnostics;

/// <summary>Writes to standard error, once per process: for a failure that would otherwise be reported nowhere.</summary>
internal static class LastResort
{
    private static int s_written;

    public static void Write(string text)
    {
        if (Interlocked.Exchange(ref s_written, 1) != 0)
        {
            return;
        }

        try
        {
            Console.Error.WriteLine($"SocketKit: {text}");
        }
        catch (Exception)
        {
            // Standard error is closed, or the application's own writer threw. There is no other place to report to.
        }
    }
}
