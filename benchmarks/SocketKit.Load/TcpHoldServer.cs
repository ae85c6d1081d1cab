using System.Diagnostics;

namespace SocketKit.Load;

/// <summary>
/// Echoes requests of four bytes; a handler first sleeps or burns its processor for as long as the request says, without awaiting.
/// </summary>
internal static class TcpHoldServer
{
    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        TcpServerOptions options = TcpEchoServer.OptionsOf(arguments);
        (string host, int port) = (arguments.Host, arguments.ServerPort);
        arguments.RefuseOthers();

        await using TcpServer server = TcpServer.Listen(host, port, options);
        Banner.Print("tcp-hold", options.Engine, HoldRequest.Length, server.LocalEndPoint);
        await server.ServeAsync(HandleAsync, cancellationToken);
    }

    private static async Task HandleAsync(TcpConnection connection, CancellationToken stopping)
    {
        byte[] request = new byte[HoldRequest.Length];
        try
        {
            while (true)
            {
                await connection.ReceiveExactlyAsync(request, stopping);
                Hold(request);
                await connection.SendAsync(request, stopping);
            }
        }
        catch (EndOfStreamException)
        {
            // The client has finished.
        }
    }

    private static void Hold(ReadOnlySpan<byte> request)
    {
        switch (request[0])
        {
            case HoldRequest.Sleep:
                Thread.Sleep(HoldRequest.TimeOf(request));
                break;
            case HoldRequest.Burn:
                long start = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(start) < HoldRequest.TimeOf(request))
                {
                    // Not a hint to the processor: this handler is to look as busy as one that computes.
                }

                break;
        }
    }
}
