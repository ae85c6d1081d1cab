namespace SocketKit.IntegrationTests.Memory;

/// <summary>The peer of writes that have to wait.</summary>
internal static class LargeMessages
{
    /// <summary>Reads one message whenever one is pending, until the end.</summary>
    public static void DrainEach(TcpConnection connection, SemaphoreSlim pending, int length)
    {
        byte[] buffer = new byte[64 * 1024];
        while (true)
        {
            pending.Wait();
            for (int left = length; left > 0;)
            {
                int received = connection.Receive(buffer.AsSpan(0, Math.Min(left, buffer.Length)));
                if (received == 0)
                {
                    return;
                }

                left -= received;
            }
        }
    }
}
