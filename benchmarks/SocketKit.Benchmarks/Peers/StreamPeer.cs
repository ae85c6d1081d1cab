using System.Net.Sockets;

namespace SocketKit.Benchmarks.Peers;

/// <summary>The other side of a stream benchmark: a raw socket on a thread of its own, the same for every candidate.</summary>
internal sealed class StreamPeer : IDisposable
{
    private const int BufferBytes = 256 * 1024;

    private readonly Socket _socket;
    private readonly Thread _thread;

    private StreamPeer(Socket socket, Action<Socket, byte[]> serve)
    {
        _socket = socket;
        _thread = new Thread(() => Run(serve)) { IsBackground = true };
        _thread.Start();
    }

    public static StreamPeer Echo(Socket socket) => new(socket, static (socket, buffer) =>
    {
        for (int received = socket.Receive(buffer); received > 0; received = socket.Receive(buffer))
        {
            for (int sent = 0; sent < received;)
            {
                sent += socket.Send(buffer.AsSpan(sent, received - sent));
            }
        }
    });

    public static StreamPeer Discard(Socket socket) => new(socket, static (socket, buffer) =>
    {
        while (socket.Receive(buffer) > 0)
        {
            // What has arrived is all that the benchmark wants.
        }
    });

    public void Dispose()
    {
        _socket.Dispose();
        _thread.Join();
    }

    private void Run(Action<Socket, byte[]> serve)
    {
        try
        {
            serve(_socket, new byte[BufferBytes]);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The benchmark is over.
        }
    }
}
