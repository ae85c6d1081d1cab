using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Load;

/// <summary>The echo server on plain <see cref="Socket"/>: one loop of awaited calls per connection.</summary>
internal static class RawEchoServer
{
    [SuppressMessage("Reliability", "CA2025", Justification = "Each connection disposes its own socket.")]
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var server = new PlainServer(arguments);
        using Socket listener = server.Listen("raw");
        try
        {
            while (true)
            {
                Socket connection = await listener.AcceptAsync(cancellationToken);
                _ = EchoAsync(connection, server.BufferSize, server.WorkForConnection());
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    private static async Task EchoAsync(Socket connection, int bufferSize, Action work)
    {
        using (connection)
        {
            try
            {
                connection.NoDelay = true;
                byte[] buffer = new byte[bufferSize];
                int received;
                while ((received = await connection.ReceiveAsync(buffer.AsMemory(), SocketFlags.None)) > 0)
                {
                    work();
                    for (int sent = 0; sent < received;)
                    {
                        sent += await connection.SendAsync(buffer.AsMemory(sent, received - sent), SocketFlags.None);
                    }
                }
            }
            catch (SocketException)
            {
                // The peer is gone: an echo server has nobody left to tell.
            }
        }
    }
}
