using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>Checks and copies what the options of both roles share.</summary>
internal static class TlsOptionChecks
{
    /// <summary>RFC 7301, section 3.1: a name of a protocol has a length of one byte.</summary>
    private const int LongestProtocol = byte.MaxValue;

    /// <summary>An option that cannot be meant so.</summary>
    public static ArgumentException Wrong(string name, string message) => new(message, name);

    /// <summary>A certificate of this side; handshakes with one that was disposed would all fail.</summary>
    public static TlsCertificate? Certificate(TlsCertificate? certificate, string name) =>
        certificate is { IsDisposed: true } ? throw Wrong(name, "The certificate was disposed.") : certificate;

    public static SslProtocols Protocols(SslProtocols protocols, string name) =>
        protocols is SslProtocols.Tls12 or SslProtocols.Tls13 or (SslProtocols.Tls12 | SslProtocols.Tls13)
            ? protocols
            : throw new ArgumentOutOfRangeException(name, protocols, "TLS 1.2, TLS 1.3 or both. RFC 8996 forbids what is older.");

    public static ClientCertificates Defined(ClientCertificates value, string name) => Enum.IsDefined(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "One of the enumeration's values.");

    public static TimeSpan Timeout(TimeSpan timeout, string name) =>
        timeout > TimeSpan.Zero || timeout == System.Threading.Timeout.InfiniteTimeSpan
            ? timeout
            : throw new ArgumentOutOfRangeException(name, timeout, "Positive, or Timeout.InfiniteTimeSpan.");

    /// <summary>The protocols as SslStream wants them; null if there are none.</summary>
    public static List<SslApplicationProtocol>? ApplicationProtocols(IList<string> protocols, string name)
    {
        var copy = new List<SslApplicationProtocol>(protocols.Count);
        foreach (string protocol in protocols)
        {
            if (string.IsNullOrEmpty(protocol))
            {
                throw new ArgumentException("An application protocol is empty.", name);
            }

            var made = new SslApplicationProtocol(BytesOf(protocol, name));
            if (copy.Contains(made))
            {
                throw new ArgumentException($"The application protocol \"{Shown.Text(protocol)}\" is there twice.", name);
            }

            copy.Add(made);
        }

        return copy.Count == 0 ? null : copy;
    }

    /// <summary>The public halves of the roots, so that the caller can dispose its own; null if there are none.</summary>
    public static X509Certificate2Collection? TrustedRoots(X509Certificate2Collection? roots, string name)
    {
        if (roots is null)
        {
            return null;
        }

        X509Certificate2Collection copy = CertificateCopies.WithoutKeys(roots, name);
        return copy.Any(ChainPolicies.IsRoot)
            ? copy
            : throw new ArgumentException(
                "None of the certificates is a root, that is, self-signed; so none could be trusted. Leave it null for the system's roots.",
                name);
    }

    private static byte[] BytesOf(string protocol, string name)
    {
        byte[] bytes;
        try
        {
            bytes = Shown.Utf8.GetBytes(protocol);
        }
        catch (ArgumentException exception)
        {
            // Half of a surrogate pair has no UTF-8.
            throw new ArgumentException($"The application protocol \"{Shown.Text(protocol)}\" is no valid text.", name, exception);
        }

        return bytes.Length <= LongestProtocol
            ? bytes
            : throw new ArgumentException(
                $"The application protocol \"{Shown.Text(protocol)}\" has {bytes.Length} bytes, more than {LongestProtocol}.", name);
    }
}
