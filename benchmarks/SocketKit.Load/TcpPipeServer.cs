using System.Buffers;
using System.IO.Pipelines;

namespace SocketKit.Load;

/// <summary>An echo through the pipe of a connection: what was read is written, and flushed once per read.</summary>
internal static class TcpPipeServer
{
    /// <summary>Segments grow up to this.</summary>
    private const int LargestSegment = 256 * 1024;

    public static async Task RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        TcpServerOptions options = TcpEchoServer.OptionsOf(arguments);
        FlushMode mode = arguments.IsSet("later") ? FlushMode.EndOfTurn : FlushMode.Immediate;
        var work = Work.Of(arguments);
        (string host, int port) = (arguments.Host, arguments.ServerPort);
        arguments.RefuseOthers();

        await using TcpServer server = TcpServer.Listen(host, port, options);
        Banner.Print("tcp-pipe", options.Engine, LargestSegment, server.LocalEndPoint);
        await server.ServeAsync(
            async (connection, stopping) =>
            {
                IDuplexPipe pipe = connection.GetPipe(flushMode: mode);
                Action workOnce = work.ForConnection();
                while (true)
                {
                    ReadResult result = await pipe.Input.ReadAsync(stopping);
                    workOnce();
                    await EchoAsync(pipe.Output, result.Buffer, stopping);
                    pipe.Input.AdvanceTo(result.Buffer.End);
                    if (result.IsCompleted)
                    {
                        return;
                    }
                }
            },
            cancellationToken);
    }

    /// <summary>A buffer in one piece is sent from where it was received; one in several is gathered.</summary>
    private static ValueTask<FlushResult> EchoAsync(PipeWriter output, ReadOnlySequence<byte> buffer, CancellationToken stopping)
    {
        if (buffer.IsSingleSegment)
        {
            return output.WriteAsync(buffer.First, stopping);
        }

        foreach (ReadOnlyMemory<byte> part in buffer)
        {
            output.Write(part.Span);
        }

        return output.FlushAsync(stopping);
    }
}
