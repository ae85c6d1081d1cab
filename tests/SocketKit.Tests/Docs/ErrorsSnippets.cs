using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using SocketError = System.Net.Sockets.SocketError;
using SocketException = System.Net.Sockets.SocketException;

namespace SocketKit.Tests.Docs;

/// <summary>The code of samples/guide/errors.md, compiled and run by <see cref="ErrorsGuideTests"/>.</summary>
internal static class ErrorsSnippets
{
    /// <summary>What the code has printed.</summary>
    public static ConcurrentQueue<string> Printed { get; } = new();

    public static void Ladder(TcpClient client, byte[] request, byte[] answer)
    {
        try
        {
            client.Send(request);
            client.ReceiveExactly(answer);
        }
        catch (SocketTimeoutException exception)
        {
            // A time-out of this library. The connection is usable: call again, or give up.
            Console.WriteLine($"no answer within {exception.Timeout}, {exception.BytesTransferred} bytes transferred");
        }
        catch (SocketOperationException exception) when (exception.IsDisconnect())
        {
            // The peer, or the network in between, has ended the connection. Connect again.
            Console.WriteLine($"{exception.Operation}: {exception.RemoteEndPoint} has gone ({client.CloseReason})");
        }
        catch (EndOfStreamException exception)
        {
            // The peer has closed in order, but in the middle of an answer.
            Console.WriteLine(exception.Message);
        }
        catch (SocketOperationException exception)
        {
            // Everything else that the system has refused. The message names the operation, both addresses and the reason.
            Console.WriteLine(exception.Message);
        }
    }

    public static bool IsRefused(SocketException exception) => exception.SocketErrorCode == SocketError.ConnectionRefused;

    public static async Task Attempts(int port)
    {
        try
        {
            using TcpClient client = await TcpClient.ConnectAsync("localhost", port);
        }
        catch (SocketConnectException exception)
        {
            foreach (ConnectAttempt attempt in exception.Attempts)
            {
                Console.WriteLine($"{attempt.EndPoint}: {attempt.Error?.SocketErrorCode} after {attempt.Elapsed}");
            }
        }
    }

    public static void Watch(TcpConnection connection)
    {
        connection.Closed.Register(() => Console.WriteLine($"{connection.Id}: {connection.CloseReason}"));
    }

    public static async Task Logging(int port, ILoggerFactory loggerFactory, Func<TcpServer, Task> use)
    {
        var options = new TcpServerOptions
        {
            LoggerFactory = loggerFactory,
            HandlerFailed = (connection, exception) => Console.WriteLine($"{connection.RemoteEndPoint}: {exception.Message}"),
            IsPeerFault = exception => exception is InvalidDataException,
        };
        await using TcpServer server = TcpServer.Listen(port, options);
        await use(server);
    }

    private static class Console
    {
        public static void WriteLine(string line) => Printed.Enqueue(line);
    }
}
