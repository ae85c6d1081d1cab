using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Load;

/// <summary>
/// The echo server on plain <see cref="Socket"/> that holds no buffer while nothing is there: it waits with an empty receive.
/// </summary>
internal static class RawIdleServer
{
    [SuppressMessage("Reliability", "CA2025", Justification = "Each connection disposes its own socket.")]
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var server = new PlainServer(arguments);
        using Socket listener = server.Listen("raw-idle");
        await using Timer collecting = Collecting.Start();
        try
        {
            while (true)
            {
                Socket connection = await listener.AcceptAsync(cancellationToken);
                _ = EchoAsync(connection, server.BufferSize);
            }
        }
        catch (OperationCanceledException)
        {
            // Told to stop.
        }
    }

    private static async Task EchoAsync(Socket connection, int bufferSize)
    {
        using (connection)
        {
            try
            {
                connection.NoDelay = true;
                do
                {
                    await connection.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
                }
                while (await EchoOnceAsync(connection, bufferSize));
            }
            catch (SocketException)
            {
                // The peer is gone: an echo server has nobody left to tell.
            }
        }
    }

    /// <summary>A method of its own, so that the one that idles keeps nothing of it.</summary>
    private static async ValueTask<bool> EchoOnceAsync(Socket connection, int bufferSize)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(bufferSize);
        try
        {
            int received = await connection.ReceiveAsync(buffer.AsMemory(), SocketFlags.None);
            for (int sent = 0; sent < received;)
            {
                sent += await connection.SendAsync(buffer.AsMemory(sent, received - sent), SocketFlags.None);
            }

            return received > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
