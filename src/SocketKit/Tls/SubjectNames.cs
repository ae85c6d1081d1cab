using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>The subject alternative names of a certificate (RFC 5280, section 4.2.1.6) that can be names of a server.</summary>
internal sealed class SubjectNames
{
    /// <summary>id-ce-subjectAltName.</summary>
    private const string Identifier = "2.5.29.17";

    private readonly List<string> _hosts = [];
    private readonly List<IPAddress> _addresses = [];

    private SubjectNames()
    {
    }

    /// <summary>All names, as they are written.</summary>
    public IReadOnlyCollection<string> All => [.. _hosts, .. _addresses.Select(static address => address.ToString())];

    public static SubjectNames Of(X509Certificate2 certificate)
    {
        var names = new SubjectNames();
        foreach (X509Extension extension in certificate.Extensions.Where(static one => one.Oid?.Value == Identifier))
        {
            try
            {
                var parsed = new X509SubjectAlternativeNameExtension(extension.RawData);
                names._hosts.AddRange(parsed.EnumerateDnsNames());
                names._addresses.AddRange(parsed.EnumerateIPAddresses());
            }
            catch (CryptographicException)
            {
                // Names that cannot be read fit nothing.
            }
        }

        return names;
    }

    /// <summary>Whether the certificate is for this host, by the rules of RFC 9525, section 6.</summary>
    /// <param name="host">A name or an address as <see cref="TlsNames.OfHost"/> makes it.</param>
    public bool Fit(string host) => IPAddress.TryParse(host, out IPAddress? address)
        ? _addresses.Contains(address)
        : _hosts.Exists(name => Fits(name, host));

    /// <summary>"*" stands for the whole first label, and for exactly one. Above the last label it fits nothing, as for OpenSSL.</summary>
    private static bool Fits(string name, string host)
    {
        if (name.Equals(host, StringComparison.OrdinalIgnoreCase))
        {
            return true;
        }

        int dot = host.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && name.StartsWith("*.", StringComparison.Ordinal) && name.LastIndexOf('.') > 1
            && name.AsSpan(1).Equals(host.AsSpan(dot), StringComparison.OrdinalIgnoreCase);
    }
}
