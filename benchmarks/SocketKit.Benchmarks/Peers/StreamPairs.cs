using System.Net.Sockets;

namespace SocketKit.Benchmarks.Peers;

/// <summary>Connections to peers of one kind, and the end of all of them.</summary>
public sealed class StreamPairs : IDisposable
{
    private readonly Transport _transport;
    private readonly SocketEngine _engine;
    private readonly Socket _listener;
    private readonly Func<Socket, IDisposable> _peer;
    private readonly List<IDisposable> _all = [];

    private StreamPairs(Transport transport, SocketEngine engine, Func<Socket, IDisposable> peer)
    {
        _engine = engine;
        _transport = transport;
        _peer = peer;
        _listener = transport.Listen();
    }

    public static StreamPairs Echoing(Transport transport, SocketEngine engine) => new(transport, engine, StreamPeer.Echo);

    public static StreamPairs Discarding(Transport transport, SocketEngine engine) => new(transport, engine, StreamPeer.Discard);

    public Socket Raw(bool blocking = true)
    {
        Socket socket = _transport.ConnectRaw(_listener);
        socket.Blocking = blocking;
        return Add(socket);
    }

    /// <summary>A connection of this library; by default without deadlines.</summary>
    public StreamConnection Kit(TimeSpan? timeout = null)
    {
        StreamConnection connection = Add(_transport.Connect(_listener, _engine));
        connection.Timeout = timeout ?? Timeout.InfiniteTimeSpan;
        return connection;
    }

    public void Dispose()
    {
        foreach (IDisposable one in _all)
        {
            one.Dispose();
        }

        _listener.Dispose();
        _transport.Dispose();
    }

    private T Add<T>(T connection)
        where T : IDisposable
    {
        _all.Add(connection);
        _all.Add(_peer(_listener.Accept()));
        return connection;
    }
}
