using System.Net;
using System.Net.Security;
using SocketKit.IntegrationTests.Kit;
using SocketKit.Tls;

namespace SocketKit.Tests.Tls;

/// <summary>One end after its handshake: what was agreed on, or why it failed.</summary>
internal sealed class TlsEnd(TlsHandshake handshake, SslStream stream, TlsInfo? info, TlsException? failure) : IDisposable
{
    public TlsHandshake Handshake => handshake;

    public SslStream Stream => stream;

    public TlsInfo? Info => info;

    public TlsException? Failure => failure;

    /// <summary>Why it failed; empty if it has not.</summary>
    public string Text => failure?.Message ?? string.Empty;

    public static async Task<TlsEnd> BeginAsync(
        TlsHandshake handshake, Stream transport, IPEndPoint local, IPEndPoint remote, CancellationToken cancellationToken = default)
    {
        var stream = new SslStream(transport, leaveInnerStreamOpen: false);
        try
        {
            await handshake.AuthenticateAsync(stream, cancellationToken).Within();
            return new TlsEnd(handshake, stream, handshake.InfoOf(stream), null);
        }
        catch (Exception exception)
        {
            // The result: the test looks at what the library makes of it.
            await stream.DisposeAsync();
            return new TlsEnd(handshake, stream, null, handshake.Explain(exception, local, remote));
        }
    }

    public void Dispose() => stream.Dispose();
}
