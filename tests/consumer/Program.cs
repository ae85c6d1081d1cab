using System.Text;

// SocketKitUsings: no using of SocketKit, and none for the exceptions of .NET that are caught here.
try
{
    using TcpClient refused = TcpClient.Connect("localhost", UnusedPort());
    return 1;
}
catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionRefused)
{
    // Expected: nobody listens there.
    Console.WriteLine(exception.Message);
}

// Every call shape once over a real connection: what a user's program does first, also when compiled ahead of time.
await using var server = TcpServer.Listen("localhost", 0);
Task serving = server.ServeAsync(async (connection, cancellationToken) =>
{
    var buffer = new byte[1024];
    int n;
    while ((n = await connection.ReceiveAsync(buffer, cancellationToken)) > 0)
    {
        await connection.SendAsync(buffer.AsMemory(0, n), cancellationToken);
    }
});

using (TcpClient client = await TcpClient.ConnectAsync("localhost", server.Port))
{
    client.Timeout = TimeSpan.FromSeconds(5);
    var reply = new byte[1024];
    client.Send("sync"u8);
    int n = client.Receive(reply);
    Console.WriteLine(Encoding.UTF8.GetString(reply, 0, n));

    await client.SendAsync("async"u8.ToArray());
    n = await client.ReceiveAsync(reply);
    Console.WriteLine(Encoding.UTF8.GetString(reply, 0, n));

    client.ReceiveTimeout = TimeSpan.FromMilliseconds(20);
    try
    {
        await client.ReceiveAsync(reply);
        return 1;
    }
    catch (SocketTimeoutException exception)
    {
        // Expected: nothing was sent, so the receive has to end like this.
        Console.WriteLine(exception.Operation + " timed out, as it should");
    }
}

// The framings have a namespace of their own, which the property imports, too.
await using (MessageChannel lines = (await TcpClient.ConnectAsync("localhost", server.Port)).GetMessages(MessageFraming.Lines))
{
    await lines.SendAsync("a line");
    if (await lines.ReceiveAsync() is not { } line)
    {
        return 1;
    }

    Console.WriteLine(Encoding.UTF8.GetString(line));
}

await server.StopAsync(TimeSpan.FromSeconds(1));
await serving;
Console.WriteLine(SocketEngine.Default.Description);
return 0;

static int UnusedPort()
{
    using TcpServer gone = TcpServer.Listen("localhost", 0);
    return gone.Port;
}
