namespace SocketKit.IntegrationTests.Kit;

/// <summary>How a connection ends for the side that only reads.</summary>
internal static class ConnectionEnds
{
    /// <summary>Reads to the end; returns the exception that it ended with, or null.</summary>
    public static Task<Exception?> DrainAsync(this StreamConnection connection)
    {
        byte[] buffer = new byte[64 * 1024];
        return Record.ExceptionAsync(async () =>
        {
            while (await connection.ReceiveAsync(buffer).Within() > 0)
            {
                // Until the end.
            }
        });
    }
}
