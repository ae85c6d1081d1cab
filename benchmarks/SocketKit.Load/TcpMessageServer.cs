using System.Buffers;
using SocketKit.Framing;

namespace SocketKit.Load;

/// <summary>
/// An echo of messages of one size. On the wire it is the same as an echo of bytes, so the same load generator compares the two.
/// Each answer is queued, or sent and awaited.
/// </summary>
internal static class TcpMessageServer
{
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        TcpServerOptions options = TcpEchoServer.OptionsOf(arguments);
        int size = arguments.Integer("size", 1, 1024 * 1024, 32);
        bool awaits = arguments.IsSet("await");
        var work = Work.Of(arguments);
        (string host, int port) = (arguments.Host, arguments.ServerPort);
        arguments.RefuseOthers();
        MessageFraming framing = MessageFraming.FixedSize(size);

        await using TcpServer server = TcpServer.Listen(host, port, options);
        Banner.Print("tcp-messages", options.Engine, size, server.LocalEndPoint);
        await server.ServeAsync(
            (connection, stopping) =>
            {
                MessageChannel messages = connection.GetMessages(framing);
                Action workOnce = work.ForConnection();
                return awaits ? AnswerAsync(messages, workOnce, stopping) : QueueAsync(messages, workOnce, stopping);
            },
            cancellationToken);
    }

    private static async Task QueueAsync(MessageChannel messages, Action work, CancellationToken stopping)
    {
        while (await messages.ReceiveAsync(stopping) is { } message)
        {
            work();
            if (!(message.IsSingleSegment ? messages.TrySend(message.FirstSpan) : messages.TrySend(message.ToArray())))
            {
                return;
            }
        }
    }

    private static async Task AnswerAsync(MessageChannel messages, Action work, CancellationToken stopping)
    {
        while (await messages.ReceiveAsync(stopping) is { } message)
        {
            work();
            await messages.SendAsync(message, stopping);
        }
    }
}
