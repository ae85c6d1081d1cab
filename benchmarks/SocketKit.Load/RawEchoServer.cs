using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Load;

/// <summary>The same server on plain System.Net.Sockets, to compare with: one loop per connection.</summary>
internal static class RawEchoServer
{
    private const int Backlog = 4096;

    [SuppressMessage("Reliability", "CA2025", Justification = "Each connection disposes its own socket.")]
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        int bufferSize = arguments.Integer("buffer", 1, 64 << 20, 16384);
        var work = Work.Of(arguments);
        var local = new IPEndPoint(IPAddress.Parse(arguments.Host), arguments.Port);
        arguments.RefuseOthers();

        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(local);
        listener.Listen(Backlog);
        Console.WriteLine("ready");
        try
        {
            while (true)
            {
                Socket connection = await listener.AcceptAsync(cancellationToken);
                _ = EchoAsync(connection, bufferSize, work.ForConnection());
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
