using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Pipelines.Sockets.Unofficial;

namespace SocketKit.Peers;

/// <summary>
/// Pipelines.Sockets.Unofficial: a <see cref="SocketConnection"/> per accepted socket. Its README (mgravell/Pipelines.Sockets.Unofficial,
/// README.md, "Key APIs") names that class; options and loop are those of its SocketServer.cs, which cannot tell the port that the system
/// has chosen.
/// </summary>
internal sealed class PipelinesPeer : Peer
{
    private Socket? _listener;

    public override string Engine => Describe("Pipelines.Sockets.Unofficial", typeof(SocketConnection));

    public override int BufferSize => PipeOptions.Default.MinimumSegmentSize;

    public override Task<EndPoint> StartAsync(IPEndPoint local)
    {
        var listener = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        _listener = listener;
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(local);
        listener.Listen(Backlog);
        _ = AcceptAsync(listener);
        return Task.FromResult(listener.LocalEndPoint!);
    }

    public override ValueTask DisposeAsync()
    {
        _listener?.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async Task AcceptAsync(Socket listener)
    {
        try
        {
            while (true)
            {
                Socket socket = await listener.AcceptAsync();
                SocketConnection.SetRecommendedServerOptions(socket);
                _ = EchoAsync(socket);
            }
        }
        catch (Exception problem) when (problem is SocketException or ObjectDisposedException)
        {
            // The listener has been closed.
        }
    }

    [SuppressMessage("Reliability", "CA2025", Justification = "The connection closes its socket.")]
    private static async Task EchoAsync(Socket socket)
    {
        using var connection = SocketConnection.Create(socket);
        try
        {
            ReadResult result;
            do
            {
                result = await connection.Input.ReadAsync();
                foreach (ReadOnlyMemory<byte> segment in result.Buffer)
                {
                    await connection.Output.WriteAsync(segment);
                }

                connection.Input.AdvanceTo(result.Buffer.End);
            }
            while (!result.IsCompleted);
            await connection.Input.CompleteAsync();
            await connection.Output.CompleteAsync();
        }
        catch (Exception problem) when (problem is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The peer is gone: an echo server has nobody left to tell.
        }
    }
}
