using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.IntegrationTests.Tls;

/// <summary>A connection that speaks TLS as a server, and its plain peer, whose ciphertext the test sends.</summary>
internal sealed record RecordPair(TcpConnection Connection, SslStream Peer, CipherStream Transport) : IDisposable
{
    private static readonly TestAuthority s_authority = new();
    private static readonly TlsCertificate s_certificate = s_authority.IssueTls("localhost");

    public static TlsServerOptions ServerOptions => new() { Certificate = s_certificate, HandshakeTimeout = Limits.Hang };

    /// <param name="server">The server that accepts the connection.</param>
    /// <param name="protocol">The version.</param>
    /// <param name="change">Changes the server's options for TLS.</param>
    public static async Task<RecordPair> OpenAsync(TcpServer server, SslProtocols protocol, Action<TlsServerOptions>? change = null)
    {
        (TcpConnection connection, SslStream peer, CipherStream transport) = await ConnectAsync(server);
        TlsServerOptions options = ServerOptions;
        change?.Invoke(options);
        Task upgrading = connection.UpgradeToTlsAsync(options);
        await AuthenticateAsync(peer, protocol).Within();
        await upgrading.Within();
        return new RecordPair(connection, peer, transport);
    }

    /// <summary>Connected, and no handshake has begun.</summary>
    public static async Task<RecordPair> ConnectAsync(TcpServer server)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.LocalEndPoint);
        var transport = new CipherStream(socket);
        return new RecordPair(await server.AcceptAsync().Within(), new SslStream(transport), transport);
    }

    public static Task AuthenticateAsync(SslStream peer, SslProtocols protocol) => peer.AuthenticateAsClientAsync(
        new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = protocol,
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        });

    /// <summary>The ciphertext of one record with these bytes, which has not been sent.</summary>
    public async Task<byte[]> SealAsync(ReadOnlyMemory<byte> plaintext)
    {
        Transport.HoldsAfter = 0;
        await Peer.WriteAsync(plaintext);
        return Transport.TakeHeld();
    }

    /// <summary>The ciphertext of close_notify, which has not been sent.</summary>
    public async Task<byte[]> SealEndAsync()
    {
        Transport.HoldsAfter = 0;
        await Peer.ShutdownAsync();
        return Transport.TakeHeld();
    }

    public async Task SendAsync(ReadOnlyMemory<byte> ciphertext) => await Transport.Socket.SendAsync(ciphertext);

    public void Dispose()
    {
        Peer.Dispose();
        Connection.Abort();
    }
}
