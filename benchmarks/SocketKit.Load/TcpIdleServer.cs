using System.Buffers;

namespace SocketKit.Load;

/// <summary>
/// Echoes, and holds no buffer while nothing is there: what one idle connection costs. It collects garbage every second, so that the memory
/// of the process is what is in use.
/// </summary>
internal static class TcpIdleServer
{
    private const int BufferSize = 4096;

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        TcpServerOptions options = TcpEchoServer.OptionsOf(arguments);
        (string host, int port) = (arguments.Host, arguments.ServerPort);
        options.MaxConnections = arguments.Integer("connections", 1, 1_000_000, options.MaxConnections);
        arguments.RefuseOthers();

        await using TcpServer server = TcpServer.Listen(host, port, options);
        Banner.Print("tcp-idle", options.Engine, BufferSize, server.LocalEndPoint);
        await using Timer collecting = Collecting.Start();
        await server.ServeAsync(EchoAsync, cancellationToken);
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
