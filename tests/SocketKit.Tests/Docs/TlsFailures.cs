using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SocketKit.Framing;
using SocketKit.IntegrationTests.Kit;

namespace SocketKit.Tests.Docs;

/// <summary>Provokes what samples/guide/tls.md explains, and collects what the library says.</summary>
internal sealed class TlsFailures : IDisposable
{
    private const string Host = "localhost";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("sk");
    private readonly TestAuthority _authority = new();
    private readonly X509Certificate2 _good;
    private readonly List<string> _messages = [];

    public TlsFailures() => _good = _authority.Issue(Host);

    public void Dispose()
    {
        _good.Dispose();
        _directory.Delete(recursive: true);
    }

    public async Task<List<string>> AllAsync()
    {
        await CertificatesAsync();
        await ClientCertificatesAsync();
        await NamesAsync();
        await AgreementAsync();
        await EndsAsync();
        await AfterwardsAsync();
        await UpgradesAsync();
        Options();
        Files();
        return _messages;
    }

    private async Task CertificatesAsync()
    {
        await RefuseAsync(new() { Names = ["example.com"] });
        await RefuseAsync(new() { CommonName = Host });
        await RefuseAsync(new() { Names = [Host], ValidFrom = -3, ValidTo = -1 });
        await RefuseAsync(new() { Names = [Host], ValidFrom = 1, ValidTo = 3 });
        await RefuseAsync(new() { Names = [Host], Usages = [CertificateOrder.ForClients] });
        X509Certificate2Collection others = new TestAuthority("another root").Roots;
        await HandshakeAsync(ServerOf(_good, _authority.Certificate), Client(others));
        await HandshakeAsync(ServerOf(_good), Client(others));
        await HandshakeAsync(ServerOf(_good), Client(new TestAuthority().Roots));
        await HandshakeAsync(ServerOf(TestAuthority.SelfSigned(Host)), Client());
        TlsClientOptions no = Client();
        no.DangerousServerCertificateValidation = static (_, _, _) => false;
        await HandshakeAsync(ServerOf(_good), no);
        TlsClientOptions revocation = Client();
        revocation.CheckRevocation = true;
        await HandshakeAsync(ServerOf(_good), revocation);
    }

    private async Task ClientCertificatesAsync()
    {
        TlsServerOptions server = ServerOf(_good);
        server.ClientCertificates = ClientCertificates.Require;
        server.TrustedRoots = _authority.Roots;
        await HandshakeAsync(server, Client());
        TlsClientOptions truncating = Client();
        truncating.AllowTruncation = true;
        await HandshakeAsync(server, truncating);
        TlsClientOptions stranger = Client();
        stranger.ClientCertificate = TlsCertificate.From(TestAuthority.SelfSigned("stranger"));
        await HandshakeAsync(server, stranger);
    }

    private async Task NamesAsync()
    {
        var server = new TlsServerOptions();
        server.HostCertificates["example.com"] = TlsCertificate.From(_good);
        await HandshakeAsync(server, Client());
        TlsClientOptions address = Client();
        address.TargetHost = "127.0.0.1";
        await HandshakeAsync(server, address);
    }

    private async Task AgreementAsync()
    {
        TlsServerOptions chat = ServerOf(_good);
        chat.ApplicationProtocols.Add("chat/1");
        TlsClientOptions mail = Client();
        mail.ApplicationProtocols.Add("mail/1");
        await HandshakeAsync(chat, mail);
        TlsServerOptions newer = ServerOf(_good);
        newer.Protocols = SslProtocols.Tls13;
        TlsClientOptions older = Client();
        older.Protocols = SslProtocols.Tls12;
        await HandshakeAsync(newer, older);
    }

    private async Task EndsAsync()
    {
        (TcpConnection echoed, TcpConnection echo) = TcpConnection.CreatePair();
        Task handshake = NoteAsync(() => echoed.UpgradeToTlsAsync(Client()));
        byte[] hello = new byte[4096];
        int length = await echo.ReceiveAsync(hello).Within();
        echo.Send(hello.AsSpan(0, length));
        await handshake;
        echo.Dispose();

        TlsCertificate disposed = TlsCertificate.From(_good);
        (TcpConnection server1, TcpConnection client1) = TcpConnection.CreatePair();
        Task accepting = NoteAsync(() => server1.UpgradeToTlsAsync(new TlsServerOptions { Certificate = disposed }));
        disposed.Dispose();
        await NoteAsync(() => client1.UpgradeToTlsAsync(Client()));
        await accepting;
        await BreakAsync(static peer => peer.ShutdownSend());
        await BreakAsync(static peer => peer.Abort());
        await BreakAsync(static peer => peer.Send("HTTP/1.1 400 Bad Request\r\n\r\n"u8));
        await BreakAsync(static _ => { });

        // The same on a server that was reached by what is no TLS.
        using var log = new LogRecorder();
        await using TcpServer server = TcpServer.Listen(Host, 0, new() { Tls = ServerOf(_good), LoggerFactory = log });
        Task serving = server.ServeAsync(static (_, _) => Task.CompletedTask);
        using (TcpClient browser = TcpClient.Connect(Host, server.Port))
        {
            browser.Send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"u8);
            await Eventually.BeTrueAsync(() => server.GetStatistics().HandshakesFailed == 1, "it is no TLS");
        }

        await server.StopAsync().Within();
        await serving.Within();
        _messages.AddRange(log.Lines.Select(static line => line.Text));

        using TcpServer taken = TcpServer.Listen(Host, 0, new() { Tls = ServerOf(_good) });
        Note(() => taken.Accept());
    }

    private async Task AfterwardsAsync()
    {
        (TcpConnection own, TcpConnection peer, SslStream stream) = await ConnectedAsync();
        peer.ShutdownSend();
        Note(() => own.Receive(new byte[1]));
        await stream.DisposeAsync();

        (own, peer, stream) = await ConnectedAsync();
        await stream.WriteAsync("x"u8.ToArray());
        peer.ShutdownSend();
        own.Receive(new byte[1]);
        Note(() => own.Receive(new byte[1]));
        await stream.DisposeAsync();

        (own, peer, stream) = await ConnectedAsync();
        peer.Send([23, 3, 3, 0, 50, 1, 2, 3]);
        peer.ShutdownSend();
        Note(() => own.Receive(new byte[1]));
        await stream.DisposeAsync();

        (own, peer, stream) = await ConnectedAsync();
        peer.Send("this is no record of TLS, but text"u8);
        Note(() => own.Receive(new byte[1]));
        await stream.DisposeAsync();
    }

    private async Task UpgradesAsync()
    {
        (TcpConnection own, TcpConnection peer) = TcpConnection.CreatePair();
        peer.Send("OK\na false answer\n"u8);
        own.WaitReadable(Limits.Hang);
        await NoteAsync(() => own.UpgradeToTlsAsync(Client()));
        await NoteAsync(() => own.UpgradeToTlsAsync(ServerOf(_good)));
        MessageChannel lines = own.GetMessages(MessageFraming.Lines);
        lines.Receive();
        await NoteAsync(() => own.UpgradeToTlsAsync(Client()));
        lines.Receive();
        ValueTask<System.Buffers.ReadOnlySequence<byte>?> receiving = lines.ReceiveAsync();
        await NoteAsync(() => own.UpgradeToTlsAsync(Client()));
        peer.Dispose();
        await receiving;
        own.Dispose();

        (own, peer) = TcpConnection.CreatePair();
        peer.Send("two"u8);
        System.IO.Pipelines.PipeReader input = own.GetPipe().Input;
        System.IO.Pipelines.ReadResult read = await input.ReadAtLeastAsync(3);
        input.AdvanceTo(read.Buffer.Start);
        await NoteAsync(() => own.UpgradeToTlsAsync(Client()));
        ValueTask unsent = peer.GetMessages(MessageFraming.Lines, new() { MaxMessageSize = 64 * 1024 * 1024 })
            .SendAsync(new byte[32 * 1024 * 1024]);
        await NoteAsync(() => peer.UpgradeToTlsAsync(ServerOf(_good)));
        own.Abort();
        await Record.ExceptionAsync(() => unsent.AsTask().Within());

        (own, peer) = TcpConnection.CreatePair();
        own.Blocking = false;
        Note(() => own.UpgradeToTls(Client()));
        Task waiting = NoteAsync(() => own.UpgradeToTlsAsync(Client()));
        await NoteAsync(() => own.ReceiveAsync(new byte[1]).AsTask());
        peer.ShutdownSend();
        await NoteAsync(() => peer.UpgradeToTlsAsync(ServerOf(_good)));
        peer.Dispose();
        await waiting;

        (own, peer) = TcpConnection.CreatePair();
        Task accepting = peer.UpgradeToTlsAsync(ServerOf(_good));
        await own.UpgradeToTlsAsync(Client()).Within();
        await accepting.Within();
        await NoteAsync(() => own.UpgradeToTlsAsync(Client()));
        peer.Dispose();
        own.Dispose();
    }

    private void Options()
    {
        (TcpConnection own, TcpConnection peer) = TcpConnection.CreatePair();
        Note(() => peer.UpgradeToTls(new TlsClientOptions()));
        Note(() => own.UpgradeToTls(new TlsClientOptions { TargetHost = "https://localhost" }));
        Note(() => own.UpgradeToTls(new TlsServerOptions()));
        TlsCertificate disposed = TlsCertificate.From(_good);
        disposed.Dispose();
        Note(() => own.UpgradeToTls(new TlsServerOptions { Certificate = disposed }));
        Note(() => own.UpgradeToTls(new TlsClientOptions { TargetHost = Host, TrustedRoots = [_good] }));
        TlsServerOptions unused = ServerOf(_good);
        unused.TrustedRoots = _authority.Roots;
        Note(() => own.UpgradeToTls(unused));
        using X509Certificate2 half = X509CertificateLoader.LoadCertificate(_good.RawData);
        Note(() => TlsCertificate.From(half));
        own.Dispose();
        peer.Dispose();
    }

    private void Files()
    {
        using ECDsa key = _good.GetECDsaPrivateKey()!;
        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string certificate = File("certificate.pem", _good.ExportCertificatePem());
        string own = File("key.pem", key.ExportPkcs8PrivateKeyPem());
        Load(certificate, File("other.pem", other.ExportPkcs8PrivateKeyPem()));
        Load(File("order.pem", _authority.Certificate.ExportCertificatePem() + "\n" + _good.ExportCertificatePem()), own);
        Load(certificate, File("encrypted.pem", key.ExportEncryptedPkcs8PrivateKeyPem(
            "password", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000))));
        Load(certificate, certificate);
        Load(own, own);
        Load(File("joined.pem", _good.ExportCertificatePem() + _authority.Certificate.ExportCertificatePem()), own);
        Load(File("half.pem", _good.ExportCertificatePem() + "\n" + _authority.Certificate.ExportCertificatePem()[..200]), own);
    }

    private string File(string name, string text)
    {
        string path = Path.Combine(_directory.FullName, name);
        System.IO.File.WriteAllText(path, text);
        return path;
    }

    private void Load(string certificate, string key) => Note(() => TlsCertificate.FromPemFile(certificate, key).Dispose());

    private Task RefuseAsync(CertificateOrder order) => HandshakeAsync(ServerOf(_authority.Issue(order)), Client());

    private TlsClientOptions Client(X509Certificate2Collection? roots = null) => new()
    {
        TargetHost = Host,
        TrustedRoots = roots ?? _authority.Roots,
    };

    private static TlsServerOptions ServerOf(X509Certificate2 certificate, params X509Certificate2[] chain) =>
        new() { Certificate = TlsCertificate.From(certificate, [.. chain]) };

    /// <summary>Notes what both sides say. In TLS 1.3 a client whose certificate is refused learns of it after its handshake.</summary>
    private async Task HandshakeAsync(TlsServerOptions server, TlsClientOptions client)
    {
        (TcpConnection own, TcpConnection peer) = TcpConnection.CreatePair();
        Task accepting = NoteAsync(() => own.UpgradeToTlsAsync(server));
        if (await NoteAsync(() => peer.UpgradeToTlsAsync(client)))
        {
            await NoteAsync(() => peer.ReceiveAsync(new byte[1]).AsTask());
        }

        await accepting;
        own.Dispose();
        peer.Dispose();
    }

    /// <summary>Lets the peer of a client do something else than to answer its hello.</summary>
    private async Task BreakAsync(Action<TcpConnection> answer)
    {
        (TcpConnection own, TcpConnection peer) = TcpConnection.CreatePair();
        TlsClientOptions options = Client();
        options.HandshakeTimeout = TimeSpan.FromMilliseconds(500);
        Task handshake = NoteAsync(() => own.UpgradeToTlsAsync(options));
        await peer.ReceiveAsync(new byte[4096]).Within();
        answer(peer);
        await handshake;
        peer.Dispose();
        own.Dispose();
    }

    /// <summary>A client of this library, and a peer whose TLS and TCP can be used apart.</summary>
    private async Task<(TcpConnection Own, TcpConnection Peer, SslStream Stream)> ConnectedAsync()
    {
        (TcpConnection own, TcpConnection peer) = TcpConnection.CreatePair();
        var stream = new SslStream(peer.GetStream(leaveOpen: true));
        Task accepting = stream.AuthenticateAsServerAsync(_good);
        await own.UpgradeToTlsAsync(Client()).Within();
        await accepting.Within();
        return (own, peer, stream);
    }

    private void Note(Action call) => _messages.Add(Record.Exception(call)?.Message ?? "nothing was thrown");

    /// <summary>Whether the call has succeeded, which is no message.</summary>
    private async Task<bool> NoteAsync(Func<Task> call)
    {
        if (await Record.ExceptionAsync(() => call().Within()) is not { } exception)
        {
            return true;
        }

        lock (_messages)
        {
            _messages.Add(exception.Message);
        }

        return false;
    }
}
