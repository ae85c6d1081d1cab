using System.Net;
using System.Net.Security;
using System.Security.Authentication;

namespace SocketKit.Tls;

/// <summary>One handshake as the server.</summary>
internal sealed class ServerHandshake(TlsServerSettings settings) : TlsHandshake
{
    private readonly PeerCheck _check =
        new(isClient: false, null, settings.ClientCertificates == ClientCertificates.Accept, settings.Validation);

    /// <summary>The name that the client has asked for, in ASCII and lower case; null if it has named none.</summary>
    private string? _hostName;

    /// <summary>Why there is no certificate for the client.</summary>
    private string? _refusal;

    private byte? _alert;

    public override TimeSpan Timeout => settings.HandshakeTimeout;

    public override bool AllowTruncation => settings.AllowTruncation;

    public override string Operation => "handshake as a server";

    public override byte? Alert => _alert;

    public override Task AuthenticateAsync(SslStream stream, CancellationToken cancellationToken) => stream.AuthenticateAsServerAsync(
        static (_, hello, handshake, _) => ((ServerHandshake)handshake!).Select(hello), this, cancellationToken);

    public override TlsInfo InfoOf(SslStream stream) =>
        InfoOf(stream, _hostName, settings.ClientCertificates != ClientCertificates.None);

    public override TlsException Explain(Exception cause, EndPoint? local, EndPoint? remote) =>
        TlsFaults.Explain(this, _check, _refusal, null, cause, local, remote);

    /// <summary>SslStream passes on what this throws, and sends no alert. The channel does (<see cref="Alert"/>).</summary>
    private ValueTask<SslServerAuthenticationOptions> Select(SslClientHelloInfo hello)
    {
        // For whatever is thrown below: the certificate was disposed, mostly.
        _alert = TlsAlerts.InternalError;
        _hostName = TlsNames.OfClient(hello.ServerName);
        if (settings.CertificateFor(_hostName) is not { } certificate)
        {
            _refusal = (_hostName, hello.ServerName.Length) switch
            {
                (null, 0) => "the client has named no host, and there is no default certificate (TlsServerOptions.Certificate)",
                (null, _) => $"the client has asked for \"{Shown.Text(hello.ServerName)}\", which is no name of a host",
                _ => $"the client has asked for {_hostName}, and there is no certificate for it: none in "
                    + "TlsServerOptions.HostCertificates, and no default one",
            };
            _alert = TlsAlerts.UnrecognizedName;
            throw new AuthenticationException(_refusal);
        }

        SslServerAuthenticationOptions options = settings.OptionsFor(certificate.Context, _check);
        _alert = null;
        return ValueTask.FromResult(options);
    }
}
