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

    /// <summary>Accepts whoever comes from now on; who waits already comes with the next SYN, after 1 s at first (RFC 6298).</summary>
    public void Open() => _ = AcceptAllAsync();

    public void Dispose()
    {
        _fillers.ForEach(static filler => filler.Dispose());
        _listener.Dispose();
    }

    private async Task AcceptAllAsync()
    {
        try
        {
            while (true)
            {
                (await _listener.AcceptAsync().ConfigureAwait(false)).Dispose();
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
