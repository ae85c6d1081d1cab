using System.Net;
using System.Net.Security;

namespace SocketKit.Tls;

/// <summary>One handshake as the client.</summary>
internal sealed class ClientHandshake(TlsClientSettings settings) : TlsHandshake
{
    private readonly PeerCheck _check = new(isClient: true, settings.HostName, isOptional: false, settings.Validation);

    public override TimeSpan Timeout => settings.HandshakeTimeout;

    public override bool AllowTruncation => settings.AllowTruncation;

    public override string Operation => "handshake as a client";

    protected override string? CheckedName => settings.HostName;

    public override Task AuthenticateAsync(SslStream stream, CancellationToken cancellationToken) =>
        stream.AuthenticateAsClientAsync(settings.OptionsFor(_check), cancellationToken);

    public override TlsInfo InfoOf(SslStream stream) => InfoOf(stream, settings.HostName, isPeerChecked: true);

    public override TlsException Explain(Exception cause, EndPoint? local, EndPoint? remote) =>
        TlsFaults.Explain(this, _check, null, settings.HostName, cause, local, remote);
}
