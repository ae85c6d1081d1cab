using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using AcceptedClient = System.Net.Sockets.TcpClient;

namespace SocketKit.Load;

/// <summary>
/// The echo server on <see cref="TcpListener"/> and <see cref="NetworkStream"/>: one loop of awaited calls per connection.
/// </summary>
internal static class NetworkStreamEchoServer
{
    [SuppressMessage("Reliability", "CA2025", Justification = "Each connection disposes its own client.")]
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var server = new PlainServer(arguments);
        using var listener = new TcpListener(server.Local);
        listener.Server.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Start(TcpEchoServer.Backlog);
        Banner.Print("networkstream", Banner.Plain, server.BufferSize, listener.LocalEndpoint);
        try
        {
            while (true)
            {
                AcceptedClient client = await listener.AcceptTcpClientAsync(cancellationToken);
                _ = EchoAsync(client, server.BufferSize, server.WorkForConnection());
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    private static async Task EchoAsync(AcceptedClient client, int bufferSize, Action work)
    {
        using (client)
        {
            try
            {
                client.NoDelay = true;
                NetworkStream stream = client.GetStream();
                byte[] buffer = new byte[bufferSize];
                int received;
                while ((received = await stream.ReadAsync(buffer)) > 0)
                {
                    work();
                    await stream.WriteAsync(buffer.AsMemory(0, received));
                }
            }
            catch (IOException)
            {
                // The peer is gone: an echo server has nobody left to tell.
            }
        }
    }
}
