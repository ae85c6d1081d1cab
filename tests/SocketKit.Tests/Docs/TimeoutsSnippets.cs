using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/timeouts.md, compiled. TimeoutsGuideTests runs it.</summary>
internal static class TimeoutsSnippets
{
    public static void Deadline(TcpClient client, byte[] buffer)
    {
        client.Timeout = TimeSpan.FromSeconds(5);
        try
        {
            int n = client.Receive(buffer);
        }
        catch (SocketTimeoutException exception)
        {
            // The connection is still usable: receive again, or give up.
            Console.WriteLine($"{exception.Operation} timed out after {exception.Timeout}, {exception.BytesTransferred} bytes transferred");
        }
    }

    public static int SendToSlowPeer(TcpConnection connection, byte[] data)
    {
        connection.SendTimeout = TimeSpan.FromSeconds(5);
        int sent = 0;
        while (sent < data.Length)
        {
            try
            {
                sent += connection.Send(data.AsSpan(sent));
            }
            catch (SocketTimeoutException exception) when (exception.BytesTransferred > 0)
            {
                // Something was sent in these five seconds, so the peer still reads.
                sent += (int)exception.BytesTransferred;
            }
        }

        return sent;
    }

    public static byte[] OneLimit(TcpConnection connection, TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        var header = new byte[2];
        connection.ReceiveExactly(header, limit);
        var body = new byte[BinaryPrimitives.ReadUInt16BigEndian(header)];
        connection.ReceiveExactly(body, limit - Stopwatch.GetElapsedTime(start));
        return body;
    }

    public static async Task EchoMessages(TcpConnection connection, CancellationToken cancellationToken)
    {
        var header = new byte[4];
        while (await connection.TryReceiveExactlyAsync(header, cancellationToken))
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
            if (length > 1_000_000)
            {
                // The peer chooses this number, so it needs a limit before it becomes an array.
                throw new InvalidDataException($"a message of {length} bytes");
            }

            // A client may be silent between two messages. Once it has begun one, it has ten seconds to finish it.
            var body = new byte[length];
            await connection.ReceiveExactlyAsync(body, TimeSpan.FromSeconds(10), cancellationToken);
            await connection.SendAsync(header, body, cancellationToken);
        }
    }

    public static int MainLoop(TcpConnection connection, byte[] buffer, ref int frames)
    {
        int received;
        while (!connection.TryReceive(buffer, out received))
        {
            frames++;

            // Replaces the sleep of a main loop: it ends early when something arrives, and takes nothing.
            connection.WaitReadable(TimeSpan.FromMilliseconds(10));
        }

        return received;
    }

    public static async Task<byte[]> BufferWhenNeeded(TcpConnection connection, CancellationToken cancellationToken)
    {
        await connection.WaitReadableAsync(cancellationToken);
        using IMemoryOwner<byte> rented = MemoryPool<byte>.Shared.Rent(16 * 1024);
        int n = await connection.ReceiveAsync(rented.Memory, cancellationToken);
        return rented.Memory[..n].ToArray();
    }

    public static void ManySockets(TcpServer server, byte[] buffer, CancellationToken stop)
    {
        using var poller = new SocketPoller();
        poller.Add(server, Readiness.Readable);
        var ready = new ReadySocket[64];
        while (!stop.IsCancellationRequested)
        {
            int count = poller.Wait(ready, TimeSpan.FromMilliseconds(10));
            foreach (ReadySocket found in ready.AsSpan(0, count))
            {
                if (found.State is TcpConnection connection)
                {
                    Echo(connection);
                    continue;
                }

                while (server.TryAccept(out TcpConnection? accepted))
                {
                    poller.Add(accepted, Readiness.Readable, state: accepted);
                }
            }
        }

        void Echo(TcpConnection connection)
        {
            try
            {
                if (!connection.TryReceive(buffer, out int received))
                {
                    return;
                }

                // True and 0 bytes: the client has finished. What does not fit means that it does not read.
                if (received > 0 && connection.TrySend(buffer.AsSpan(0, received), out int sent) && sent == received)
                {
                    return;
                }
            }
            catch (SocketException exception) when (exception.IsDisconnect())
            {
                // The client has reset the connection.
            }

            // Leaves the poller by itself.
            connection.Dispose();
        }
    }

    public static (TimeSpan Accept, TimeSpan Receive, TimeSpan Send) Server(int port, Func<TcpServer, TcpConnection> accept)
    {
        var options = new TcpServerOptions
        {
            AcceptTimeout = TimeSpan.FromSeconds(1),
            ReceiveTimeout = TimeSpan.FromMinutes(5),
            SendTimeout = TimeSpan.FromSeconds(10),
        };
        using var server = TcpServer.Listen("localhost", port, options);
        using TcpConnection accepted = accept(server);
        return (server.Timeout, accepted.ReceiveTimeout, accepted.SendTimeout);
    }
}
