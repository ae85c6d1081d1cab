namespace SocketKit.IntegrationTests.Kit;

/// <summary>The three shapes that every call has.</summary>
public enum CallShape
{
    Blocking,
    Try,
    Async,
}

/// <summary>
/// Makes one call in one of the three shapes; the Try shape waits with <c>WaitReadable</c> or <c>WaitWritable</c> in between.
/// </summary>
public static class Calls
{
    public static Task<int> ReceiveBy(this StreamConnection connection, CallShape shape, Memory<byte> buffer) => shape switch
    {
        CallShape.Blocking => Limits.OnThread(() => connection.Receive(buffer.Span)),
        CallShape.Try => Limits.OnThread(() =>
        {
            int received;
            while (!connection.TryReceive(buffer.Span, out received))
            {
                connection.WaitReadable(Limits.Hang);
            }

            return received;
        }),
        _ => connection.ReceiveAsync(buffer).AsTask(),
    };

    public static Task SendBy(this StreamConnection connection, CallShape shape, ReadOnlyMemory<byte> data) => shape switch
    {
        CallShape.Blocking => Limits.OnThread(() => connection.Send(data.Span)),
        CallShape.Try => Limits.OnThread(() =>
        {
            for (int done = 0; done < data.Length;)
            {
                if (connection.TrySend(data.Span[done..], out int sent))
                {
                    done += sent;
                }
                else
                {
                    connection.WaitWritable(Limits.Hang);
                }
            }
        }),
        _ => connection.SendAsync(data).AsTask(),
    };

    public static Task<TcpConnection> AcceptBy(this TcpServer server, CallShape shape) => shape switch
    {
        CallShape.Blocking => Limits.OnThread(server.Accept),
        CallShape.Try => Limits.OnThread(() =>
        {
            TcpConnection? connection;
            while (!server.TryAccept(out connection))
            {
                server.WaitReadable(Limits.Hang);
            }

            return connection;
        }),
        _ => server.AcceptAsync().AsTask(),
    };

    /// <summary>Receives until the peer has finished.</summary>
    public static Task<byte[]> ReadToEnd(this StreamConnection connection, CallShape shape = CallShape.Async) => Task.Run(async () =>
    {
        using var all = new MemoryStream();
        byte[] buffer = new byte[65_536];
        int received;
        while ((received = await connection.ReceiveBy(shape, buffer)) > 0)
        {
            all.Write(buffer, 0, received);
        }

        return all.ToArray();
    });
}
