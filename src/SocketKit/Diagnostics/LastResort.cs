namespace SocketKit.Diagnostics;

/// <summary>
/// Writes to standard error, once per process: for a failure that nobody has asked to be told of, and that must not be silent.
/// </summary>
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
            // Standard error is closed, or the application's own writer throws: nobody is left to be told.
        }
    }
}
