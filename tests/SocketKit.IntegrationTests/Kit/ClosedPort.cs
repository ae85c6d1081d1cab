using System.Net;
using System.Net.Sockets;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>A loopback port that refuses connects until it is opened. It is bound all the time, so that nobody else gets it.</summary>
public sealed class ClosedPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ClosedPort()
    {
        _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>From now on connects succeed.</summary>
    public void Open() => _socket.Listen();

    public void Dispose() => _socket.Dispose();
}
