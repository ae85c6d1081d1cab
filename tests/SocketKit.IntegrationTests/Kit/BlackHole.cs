using System.Net;
using System.Net.Sockets;

namespace SocketKit.IntegrationTests.Kit;

/// <summary>An address that drops connects: a listener whose backlog is full (Linux ignores the SYN then).</summary>
public sealed class BlackHole : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<Socket> _fillers = [];

    public BlackHole()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(0);
        EndPoint = (IPEndPoint)_listener.LocalEndPoint!;
        for (int i = 0; i < 3; i++)
        {
            var filler = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _fillers.Add(filler);
            _ = filler.ConnectAsync(EndPoint).ContinueWith(static task => _ = task.Exception, TaskScheduler.Default);
        }

        // The first one fills the backlog; from then on the others hang.
        SpinWait.SpinUntil(() => _fillers.Exists(static filler => filler.Connected), Limits.Hang);
    }

    public IPEndPoint EndPoint { get; }

    public void Dispose()
    {
        _fillers.ForEach(static filler => filler.Dispose());
        _listener.Dispose();
    }
}
