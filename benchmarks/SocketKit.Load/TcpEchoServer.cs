namespace SocketKit.Load;

/// <summary>Plain SocketKit, as a user writes it: one loop per connection.</summary>
internal static class TcpEchoServer
{
    /// <summary>The same for all servers of this program.</summary>
    public const int Backlog = 4096;

    public static TcpServerOptions OptionsOf(Arguments arguments) => new()
    {
        Engine = arguments.StreamEngine,
        Dispatch = arguments.Dispatch,
        Backlog = Backlog,
        DrainTimeout = TimeSpan.Zero,
    };

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        TcpServerOptions options = OptionsOf(arguments);
        int bufferSize = arguments.Integer("buffer", 1, 64 << 20, 16384);
        var work = Work.Of(arguments);
        (string host, int port) = (arguments.Host, arguments.ServerPort);
        arguments.RefuseOthers();

        await using TcpServer server = TcpServer.Listen(host, port, options);
        Banner.Print("tcp-echo", options.Engine, bufferSize, server.LocalEndPoint);
        await server.ServeAsync(
            async (connection, stopping) =>
            {
                byte[] buffer = new byte[bufferSize];
                Action workOnce = work.ForConnection();
                int received;
                while ((received = await connection.ReceiveAsync(buffer, stopping)) > 0)
                {
                    workOnce();
                    await connection.SendAsync(buffer.AsMemory(0, received), stopping);
                }
            },
            cancellationToken);
    }
}
