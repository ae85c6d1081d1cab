using System.Net.Sockets;

namespace SocketKit.Benchmarks.Peers;

/// <summary>How the two sides of a stream benchmark reach each other.</summary>
public abstract class Transport : IDisposable
{
    public abstract Socket Listen();

    public abstract Socket ConnectRaw(Socket listener);

    public abstract StreamConnection Connect(Socket listener, SocketEngine engine);

    public virtual void Dispose()
    {
        // Most transports leave nothing behind.
        GC.SuppressFinalize(this);
    }
}
