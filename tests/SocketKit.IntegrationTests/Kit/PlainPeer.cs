using System.Net;
using System.Net.Sockets;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>The other end as a plain BCL socket: sees what a peer sees, and does what only a peer does.</summary>
public sealed class PlainPeer : IDisposable
{
    private PlainPeer(Socket socket)
    {
        Socket = socket;
        socket.ReceiveTimeout = socket.SendTimeout = (int)Limits.Hang.TotalMilliseconds;
    }

    public Socket Socket { get; }

    public static PlainPeer ConnectTo(IPEndPoint endPoint, Action<Socket>? configure = null)
    {
        var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        configure?.Invoke(socket);
        socket.Connect(endPoint);
        return new PlainPeer(socket);
    }

    /// <summary>The end of a connection that somebody opened to the listener.</summary>
    public static PlainPeer AcceptFrom(Socket listener) => new(listener.Accept());

    /// <summary>Reads until the end or an error, on a thread of its own.</summary>
    public Task<Ending> ReadToEnd() => Limits.OnThread(() =>
    {
        byte[] buffer = new byte[65_536];
        long count = 0;
        while (true)
        {
            int received = Socket.Receive(buffer, SocketFlags.None, out SocketError error);
            if (error != SocketError.Success || received == 0)
            {
                return new Ending(count, error);
            }

            count += received;
        }
    });

    public byte[] Read(int count)
    {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count;)
        {
            int received = Socket.Receive(bytes.AsSpan(done));
            received.Should().BePositive("the peer was to get {0} bytes", count);
            done += received;
        }

        return bytes;
    }

    /// <summary>FIN, or RST where the kernel decides so.</summary>
    public void Close() => Socket.Dispose();

    /// <summary>RST.</summary>
    public void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }

    public void Dispose() => Socket.Dispose();

    /// <summary>How much a peer read, and what it met then: Success is FIN.</summary>
    public sealed record Ending(long Bytes, SocketError Error)
    {
        public bool IsFinish => Error == SocketError.Success;

        public bool IsReset => Error == SocketError.ConnectionReset;
    }
}

/// <summary>A connection of the library and the plain socket at its other end.</summary>
public sealed record PlainPairUnderTest(PlainPeer Peer, TcpConnection Connection) : IDisposable
{
    public void Dispose()
    {
        Peer.Dispose();
        Connection.Abort();
    }
}
