using SocketKit;

/// <summary>The forwarder itself: all that a client sends goes to the target, and all that the target answers comes back.</summary>
internal static class Forwarder
{
    /// <summary>Serves until the token fires.</summary>
    public static Task RunAsync(TcpServer server, string host, int port, CancellationToken stop) =>
        // ServeAsync runs the handler once per client, any number of them at the same time, and closes the client when the handler ends.
        server.ServeAsync(
            async (client, token) =>
            {
                // Each client has a connection of its own to the target. `using` closes it on every way out, also when the relay throws.
                using TcpClient target = await ConnectAsync(client, host, port, token);

                // RelayAsync returns when both sides have finished. If one finishes first, the other one is told so by a half-close and can
                // still answer. If one side resets, the other side is reset, too, so that nobody takes a broken transfer for a whole one.
                (long there, long back) = await StreamConnection.RelayAsync(client, target, token);
                Console.WriteLine($"[forwarder] {client.RemoteEndPoint} has left: {there} bytes there, {back} bytes back");
            },
            stop);

    /// <summary>
    /// For the options of the server. To a server only the accepted connection is the handler's own. Without this, each target that resets
    /// or refuses would be reported as a failure of the handler.
    /// </summary>
    public static bool IsPeerFault(Exception exception) => exception.IsDisconnect() || exception is SocketConnectException;

    private static async Task<TcpClient> ConnectAsync(TcpConnection client, string host, int port, CancellationToken token)
    {
        try
        {
            return await TcpClient.ConnectAsync(host, port, cancellationToken: token);
        }
        catch (SocketConnectException exception)
        {
            // No failure of this program, but whoever runs it wants to know. The handler ends with the exception, so the client gets RST.
            await Console.Error.WriteLineAsync($"[forwarder] {client.RemoteEndPoint} has failed: {exception.Message}");
            throw;
        }
    }
}
