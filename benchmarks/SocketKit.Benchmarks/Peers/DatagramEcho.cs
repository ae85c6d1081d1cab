using System.Net;
using System.Net.Sockets;

namespace SocketKit.Benchmarks.Peers;

/// <summary>Sends datagrams back from a raw socket on a thread of its own, the same for every candidate.</summary>
internal sealed class DatagramEcho : IDisposable
{
    private readonly Socket _socket = DatagramSockets.Bind();
    private readonly Thread _thread;

    public DatagramEcho()
    {
        _thread = new Thread(Run) { IsBackground = true };
        _thread.Start();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_socket.LocalEndPoint!;

    public void Dispose()
    {
        _socket.Dispose();
        _thread.Join();
    }

    private void Run()
    {
        byte[] buffer = new byte[2048];
        var peer = new SocketAddress(AddressFamily.InterNetwork);
        try
        {
            while (true)
            {
                int received = _socket.ReceiveFrom(buffer, SocketFlags.None, peer);
                _socket.SendTo(buffer.AsSpan(0, received), SocketFlags.None, peer);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The benchmark is over.
        }
    }
}
