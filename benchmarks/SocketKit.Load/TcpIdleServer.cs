using System.Buffers;
using SocketKit.Framing;

namespace SocketKit.Load;

/// <summary>
/// Echoes, and holds no buffer while nothing is there: what one idle connection costs. It collects garbage every second, so that the memory
/// of the process is what is in use. With <c>--messages yes</c> the connections wait for a message.
/// </summary>
internal static class TcpIdleServer
{
    private const int BufferSize = 4096;

    private static readonly MessageFraming s_framing = MessageFraming.FixedSize(32);

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        TcpServerOptions options = TcpEchoServer.OptionsOf(arguments);
        (string host, int port) = (arguments.Host, arguments.ServerPort);
        options.MaxConnections = arguments.Integer("connections", 1, 1_000_000, options.MaxConnections);
        bool receivesMessages = arguments.IsSet("messages");
        arguments.RefuseOthers();

        await using TcpServer server = TcpServer.Listen(host, port, options);
        Banner.Print("tcp-idle", options.Engine, BufferSize, server.LocalEndPoint);
        await using Timer collecting = Collecting.Start();
        await server.ServeAsync(HandlerOf(receivesMessages), cancellationToken);
    }

    /// <summary>The handler of a connection, which waits for a message or for bytes.</summary>
    public static Func<TcpConnection, CancellationToken, Task> HandlerOf(bool receivesMessages) =>
        receivesMessages ? EchoMessagesAsync : EchoAsync;

    private static async Task EchoMessagesAsync(TcpConnection connection, CancellationToken stopping)
    {
        MessageChannel messages = connection.GetMessages(s_framing);
        while (await messages.ReceiveAsync(stopping) is { } message)
        {
            await messages.SendAsync(message, stopping);
        }
    }

    private static async Task EchoAsync(TcpConnection connection, CancellationToken stopping)
    {
        do
        {
            await connection.WaitReadableAsync(stopping);
        }
        while (await EchoOnceAsync(connection, stopping));
    }

    /// <summary>A method of its own, so that the one that idles keeps nothing of it.</summary>
    private static async ValueTask<bool> EchoOnceAsync(TcpConnection connection, CancellationToken stopping)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int received = await connection.ReceiveAsync(buffer, stopping);
            await connection.SendAsync(buffer.AsMemory(0, received), stopping);
            return received > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
