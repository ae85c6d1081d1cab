using System.Net;
using System.Net.Sockets;

namespace SocketKit.Load;

/// <summary>Connections of System.Net.Sockets: a loop of sends, which are awaited together.</summary>
internal sealed class RawAudience : Audience
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _sockets;
    private readonly int _count;

    public RawAudience(int count)
    {
        _count = count;
        _sockets = new List<Socket>(count);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(TcpEchoServer.Backlog);
    }

    public override int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    public override async Task GatherAsync(CancellationToken cancellationToken)
    {
        while (_sockets.Count < _count)
        {
            Socket socket = await _listener.AcceptAsync(cancellationToken);
            socket.NoDelay = true;
            _sockets.Add(socket);
        }
    }

    public override ValueTask DisposeAsync()
    {
        _listener.Dispose();
        foreach (Socket socket in _sockets)
        {
            socket.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    protected override void Begin(ReadOnlyMemory<byte> message)
    {
        foreach (Socket socket in _sockets)
        {
            Await(SendAsync(socket, message));
        }
    }

    /// <summary>Not an async method, so that a send that does not wait costs nothing more.</summary>
    private static ValueTask SendAsync(Socket socket, ReadOnlyMemory<byte> message)
    {
        ValueTask<int> sending = socket.SendAsync(message, SocketFlags.None);
        if (!sending.IsCompletedSuccessfully)
        {
            return new ValueTask(RestAsync(sending, message.Length));
        }

        return sending.Result == message.Length ? ValueTask.CompletedTask : throw Cut();
    }

    private static async Task RestAsync(ValueTask<int> sending, int length)
    {
        if (await sending != length)
        {
            throw Cut();
        }
    }

    private static MeasureException Cut() => new("a plain send was cut");
}
