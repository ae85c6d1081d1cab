namespace SocketKit.IntegrationTests.Kit;

/// <summary>Tells when a receive on another thread has begun: from then on a second one is refused.</summary>
public static class TestReceives
{
    public static async Task Begun(StreamConnection connection)
    {
        var byte1 = new byte[1];
        while (true)
        {
            try
            {
                connection.TryReceive(byte1, out _);
            }
            catch (InvalidOperationException exception) when (exception is not ObjectDisposedException)
            {
                // Refused: the other one is under way.
                return;
            }

            await Task.Yield();
        }
    }
}
