using System.Net.Sockets;

namespace SocketKit.Benchmarks.Peers;

/// <summary>A Unix path in a folder of its own.</summary>
public sealed class UnixTransport : Transport
{
    private readonly string _folder = Directory.CreateTempSubdirectory("socketkit-").FullName;

    private string FilePath => Path.Combine(_folder, "bench.sock");

    public override Socket Listen()
    {
        Socket listener = Create();
        listener.Bind(new UnixDomainSocketEndPoint(FilePath));
        listener.Listen();
        return listener;
    }

    public override Socket ConnectRaw(Socket listener)
    {
        Socket socket = Create();
        socket.Connect(new UnixDomainSocketEndPoint(FilePath));
        return socket;
    }

    public override StreamConnection Connect(Socket listener, SocketEngine engine) =>
        UnixClient.Connect(FilePath, new UnixClientOptions { Engine = engine });

    public override void Dispose()
    {
        Directory.Delete(_folder, recursive: true);
        base.Dispose();
    }

    private static Socket Create() => new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
}
