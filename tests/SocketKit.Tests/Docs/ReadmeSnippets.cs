using Microsoft.Extensions.Logging;
using SocketKit.Engine;

namespace SocketKit.Tests.Docs;

/// <summary>The code of the READMEs, compiled. ReadmeTests holds the two together, line by line.</summary>
internal static class ReadmeSnippets
{
    public static async Task Server()
    {
        await using var server = TcpServer.Listen("localhost", 12345);
        await server.ServeAsync(async (connection, cancellationToken) =>
        {
            var buffer = new byte[1024];
            int n;
            while ((n = await connection.ReceiveAsync(buffer, cancellationToken)) > 0)
                await connection.SendAsync(buffer.AsMemory(0, n), cancellationToken);
        });
    }

    public static int Client()
    {
        using var client = TcpClient.Connect("localhost", 12345);
        client.Timeout = TimeSpan.FromSeconds(5);
        client.Send("hello"u8);
        var buffer = new byte[1024];
        int n = client.Receive(buffer);
        return n;
    }

    public static void Engine()
    {
        if (OperatingSystem.IsLinux())
        {
            // Its threads live as long as the process: make one, and share it.
            var engine = SocketEngine.CreateEpoll(new EpollEngineOptions { Loops = 2, BusyPoll = BusyPoll.Off });
            using var server = TcpServer.Listen(12345, new TcpServerOptions { Engine = engine, Dispatch = Dispatch.ThreadPool });
        }
    }

    public static async Task Logging(ILoggerFactory loggerFactory)
    {
        var options = new TcpServerOptions
        {
            LoggerFactory = loggerFactory,
            HandlerFailed = (connection, exception) => Console.WriteLine($"{connection.RemoteEndPoint}: {exception.Message}"),
            IsPeerFault = exception => exception is InvalidDataException,
        };
        await using var server = TcpServer.Listen(12345, options);
    }

    public static async Task Keep(TcpClientOptions options, CancellationToken cancellationToken)
    {
        await TcpClient.KeepConnectedAsync(
            "localhost",
            12345,
            async (client, token) =>
            {
                using var lines = new StreamReader(client.GetStream(leaveOpen: true));
                while (await lines.ReadLineAsync(token) is { } line)
                {
                    Console.WriteLine(line);
                }
            },
            options,
            cancellationToken);
    }

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
}
