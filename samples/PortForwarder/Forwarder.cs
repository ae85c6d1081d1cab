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
                using TcpClient target = await TcpClient.ConnectAsync(host, port, cancellationToken: token);

                // RelayAsync returns when both sides have finished. If one finishes first, the other one is told so by a half-close and can
                // still answer. If one side resets, the other side is reset, too, so that nobody takes a broken transfer for a whole one.
                (long there, long back) = await StreamConnection.RelayAsync(client, target, token);
                Console.WriteLine($"[forwarder] {client.RemoteEndPoint} has left: {there} bytes there, {back} bytes back");
            },
            stop);
}
