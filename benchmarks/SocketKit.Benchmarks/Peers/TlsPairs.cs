using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using SocketKit.Load;

namespace SocketKit.Benchmarks.Peers;

/// <summary>
/// Clients of TLS 1.3 over TCP. The other side is always the same: SslStream on a raw socket, which blocks on a thread of its own.
/// </summary>
[SuppressMessage("Security", "CA5359", Justification = "The peer is in this process, and nobody has signed its certificate.")]
public sealed class TlsPairs : IDisposable
{
    private const int BufferBytes = 64 * 1024;

    private readonly TcpTransport _transport = new();
    private readonly SocketEngine _engine;
    private readonly Action<SslStream, byte[]> _serve;
    private readonly Socket _listener;
    private readonly X509Certificate2 _certificate = OwnCertificate.Make();
    private readonly List<IDisposable> _all = [];

    private TlsPairs(SocketEngine engine, Action<SslStream, byte[]> serve)
    {
        _engine = engine;
        _serve = serve;
        _listener = _transport.Listen();
    }

    public static TlsPairs Echoing(SocketEngine engine) => new(engine, static (stream, buffer) =>
    {
        for (int received = stream.Read(buffer); received > 0; received = stream.Read(buffer))
        {
            stream.Write(buffer.AsSpan(0, received));
        }
    });

    public static TlsPairs Discarding(SocketEngine engine) => new(engine, static (stream, buffer) =>
    {
        while (stream.Read(buffer) > 0)
        {
            // What has arrived is all that the benchmark wants.
        }
    });

    public SslStream Ssl()
    {
        StartPeer();
        var stream = new SslStream(new NetworkStream(_transport.ConnectRaw(_listener), ownsSocket: true));
        stream.AuthenticateAsClient(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        });
        _all.Add(stream);
        return stream;
    }

    /// <summary>A connection of this library, without deadlines.</summary>
    public StreamConnection Kit()
    {
        StartPeer();
        TcpConnection connection = TcpClient.Connect((IPEndPoint)_listener.LocalEndPoint!, new TcpClientOptions
        {
            Engine = _engine,
            Tls = new TlsClientOptions { TargetHost = "localhost", DangerousServerCertificateValidation = static (_, _, _) => true },
        });
        connection.Timeout = Timeout.InfiniteTimeSpan;
        _all.Add(connection);
        return connection;
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (IDisposable one in _all)
        {
            one.Dispose();
        }

        _certificate.Dispose();
        _transport.Dispose();
    }

    private void StartPeer() => new Thread(RunPeer) { IsBackground = true }.Start();

    private void RunPeer()
    {
        try
        {
            using var stream = new SslStream(new NetworkStream(_listener.Accept(), ownsSocket: true));
            stream.AuthenticateAsServer(_certificate);
            _serve(stream, new byte[BufferBytes]);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            // The benchmark is over.
        }
    }
}
