using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>What the tests of serving, connecting and upgrading with TLS share: options, and plain peers over SslStream.</summary>
public abstract class TlsTests<TEngine> : UnixTests<TEngine>
    where TEngine : EngineUnderTest, new()
{
    protected const string Host = "localhost";

    private protected LogRecorder Log { get; } = new();

    protected static TlsServerOptions ServerTls => new() { Certificate = Identities.Server, HandshakeTimeout = Limits.Hang };

    protected static TlsClientOptions ClientTls => new() { TrustedRoots = Identities.Roots, HandshakeTimeout = Limits.Hang };

    protected TcpServerOptions SecureServerOptions => new() { Engine = Engine, Tls = ServerTls, LoggerFactory = Log };

    protected TcpClientOptions SecureClientOptions => new() { Engine = Engine, Tls = ClientTls, LoggerFactory = Log };

    protected TcpServer ListenSecurely(Action<TcpServerOptions>? change = null)
    {
        TcpServerOptions options = SecureServerOptions;
        change?.Invoke(options);
        return Listen(options);
    }

    protected TcpClient ConnectSecurely(TcpServer server, Action<TcpClientOptions>? change = null)
    {
        TcpClientOptions options = SecureClientOptions;
        change?.Invoke(options);
        return TcpClient.Connect(server.LocalEndPoint, options);
    }

    /// <summary>Serves while the peer runs, which leaves nothing behind: no connection, and no line above Debug.</summary>
    /// <param name="peer">Connects to the server, and ends.</param>
    /// <param name="handler">The handler; null for an echo.</param>
    /// <param name="change">Changes the server's options.</param>
    protected async Task WhileServing(
        Func<TcpServer, Task> peer, Func<TcpConnection, CancellationToken, Task>? handler = null, Action<TcpServerOptions>? change = null)
    {
        await using TcpServer server = ListenSecurely(change);
        Task serving = server.ServeAsync(handler ?? EchoAsync);
        await peer(server);
        await EndedAsync(server);
        await server.StopAsync().Within();
        await serving.Within();
        Log.Complaints.Should().BeEmpty();
    }

    /// <summary>A plain client that has done its handshake.</summary>
    protected static async Task<SslStream> ConnectPlainAsync(
        EndPoint server, SslProtocols protocols = SslProtocols.Tls12 | SslProtocols.Tls13)
    {
        var stream = new SslStream(new NetworkStream(Dial(server), ownsSocket: true));
        await stream.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = Host,
                EnabledSslProtocols = protocols,
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
            }).Within();
        return stream;
    }

    /// <summary>The server's side of a connection, by SslStream.</summary>
    protected static async Task<SslStream> AnswerPlainAsync(Socket accepted)
    {
        var stream = new SslStream(new NetworkStream(accepted, ownsSocket: true));
        await stream.AuthenticateAsServerAsync(
            new SslServerAuthenticationOptions { ServerCertificate = Identities.PlainServer }).Within();
        return stream;
    }

    /// <summary>A client that has connected and said nothing.</summary>
    protected static Socket Dial(EndPoint server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
        socket.ReceiveTimeout = socket.SendTimeout = (int)Limits.Hang.TotalMilliseconds;
        socket.Connect(server);
        return socket;
    }

    protected static Socket ListenPlain()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    protected static async Task EchoAsync(StreamConnection connection, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 * 1024];
        int received;
        while ((received = await connection.ReceiveAsync(buffer, cancellationToken)) > 0)
        {
            await connection.SendAsync(buffer.AsMemory(0, received), cancellationToken);
        }
    }

    /// <summary>The stream sends a byte, and gets it back.</summary>
    protected static async Task ExchangeAsync(Stream stream)
    {
        byte[] buffer = [42];
        await stream.WriteAsync(buffer).AsTask().Within();
        buffer[0] = 0;
        (await stream.ReadAsync(buffer).AsTask().Within()).Should().Be(1);
        buffer[0].Should().Be(42);
    }

    protected static async Task ExchangeAsync(StreamConnection connection)
    {
        byte[] buffer = [43];
        await connection.SendAsync(buffer).Within();
        buffer[0] = 0;
        (await connection.ReceiveAsync(buffer).Within()).Should().Be(1);
        buffer[0].Should().Be(43);
    }

    protected static Task EndedAsync(TcpServer server, int active = 0) =>
        Eventually.BeAsync(() => server.ConnectionCount, active, "the others have ended");

    /// <summary>Reads until the end or the reset. The number of bytes that came.</summary>
    protected static int ReadToEnd(Socket peer)
    {
        byte[] buffer = new byte[4096];
        int total = 0;
        try
        {
            int received;
            while ((received = peer.Receive(buffer)) > 0)
            {
                total += received;
            }
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            // A reset is an end, too.
        }

        return total;
    }
}
