using System.Net.Sockets;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Load;

/// <summary>The echo server on plain <see cref="Socket"/> with blocking calls: one thread per connection.</summary>
internal static class RawSyncEchoServer
{
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var server = new PlainServer(arguments);
        using Socket listener = server.Listen("raw-sync");
        using CancellationTokenRegistration stopping = cancellationToken.Register(listener.Dispose);
        await Task.Factory.StartNew(
            () => Accept(server, listener), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static void Accept(PlainServer server, Socket listener)
    {
        try
        {
            while (true)
            {
                Socket connection = listener.Accept();
                Action work = server.WorkForConnection();
                new Thread(() => Echo(connection, server.BufferSize, work)) { IsBackground = true }.Start();
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // Told to stop, which closes the listener.
        }
    }

    private static void Echo(Socket connection, int bufferSize, Action work)
    {
        using (connection)
        {
            try
            {
                connection.NoDelay = true;
                byte[] buffer = new byte[bufferSize];
                int received;
                while ((received = connection.Receive(buffer)) > 0)
                {
                    work();
                    for (int sent = 0; sent < received;)
                    {
                        sent += connection.Send(buffer.AsSpan(sent, received - sent));
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
