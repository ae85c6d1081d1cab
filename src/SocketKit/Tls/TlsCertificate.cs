using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SocketKit.Tls;

namespace SocketKit;

/// <summary>
/// A certificate with its private key and the certificates between it and a root, for any number of servers and clients at the same time.
/// It can be replaced while they run: the next handshake shows the new one, and what is under way or connected is not disturbed.
/// </summary>
/// <remarks>
/// <para>
/// It works with copies. The certificates that it was made from can be disposed at once, by whoever made them. The copies, with the key in
/// them, are freed when the last handshake and the last connection that use them are gone; nothing has to wait for that.
/// </para>
/// <para>
/// What a handshake needs is computed once, when a certificate is set. Prefer keys for ECDSA: a handshake costs the server about half of
/// what it costs with RSA.
/// </para>
/// <para>All members may be called from any thread.</para>
/// </remarks>
public sealed class TlsCertificate : IDisposable
{
    private readonly Lock _lock = new();
    private CertificateWatch? _watch;
    private volatile Held _held;

    private TlsCertificate(Held held) => _held = held;

    /// <summary>When the certificate that is shown now stops being valid, in UTC.</summary>
    /// <value>After <see cref="Dispose"/>, the time of the last one.</value>
    public DateTime NotAfter => _held.NotAfter;

    /// <summary>
    /// Why the files of a watched certificate were not taken when they were looked at last; null if they were, or if they are not watched.
    /// The certificate from before is shown meanwhile, and the files are tried again every second.
    /// </summary>
    /// <value>
    /// An <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> of a file that cannot be read, or a
    /// <see cref="CryptographicException"/> that says what is wrong. For health checks, together with <see cref="NotAfter"/>.
    /// </value>
    public Exception? LastReloadError => _watch?.LastError;

    /// <summary>What handshakes show now.</summary>
    /// <exception cref="ObjectDisposedException">The certificate was disposed.</exception>
    internal SslStreamCertificateContext Context =>
        _held.Context ?? throw new ObjectDisposedException(GetType().FullName, "The TLS certificate was disposed.");

    /// <summary>The names that it is for now; null once disposed.</summary>
    internal SubjectNames? Names => _held.Context is { } context ? SubjectNames.Of(context.TargetCertificate) : null;

    /// <summary>Whether it was disposed, so that handshakes fail.</summary>
    internal bool IsDisposed => _held.Context is null;

    /// <summary>Reads a certificate from files in PEM form (RFC 7468).</summary>
    /// <param name="certificate">
    /// The path of the certificate file. The certificate itself comes first, and then those between it and a root, if there are any.
    /// </param>
    /// <param name="key">
    /// The path of the file with its private key: PKCS#8, PKCS#1 or SEC1, not encrypted. It may be the same file.
    /// </param>
    /// <param name="watch">
    /// Whether the files are looked at every second from now on, and taken when they have changed and two looks, 200 ms apart, have seen
    /// the same. So a change is in force 1.2 s after it at the latest, in whichever way the files were replaced: written, renamed, or
    /// linked anew, as Kubernetes does. Files that are missing, half-written or do not fit together change nothing, nor does a certificate
    /// that has expired or is not valid yet, while the one in use is valid: see <see cref="LastReloadError"/>.
    /// It ends with <see cref="Dispose"/>.
    /// </param>
    /// <returns>The certificate, to be disposed by the caller.</returns>
    /// <exception cref="ArgumentException">A path is empty.</exception>
    /// <exception cref="IOException">A file cannot be read, or does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="CryptographicException">
    /// A file does not contain what it should, the key is encrypted or does not belong to the certificate, or the certificate is weak. The
    /// message names both files.
    /// </exception>
    public static TlsCertificate FromPemFile(string certificate, string key, bool watch = false) =>
        FromPemFile(certificate, key, watch, TimeProvider.System);

    /// <summary>Takes a certificate that is in memory.</summary>
    /// <param name="certificate">The certificate with its private key. It is copied.</param>
    /// <param name="chain">
    /// The certificates between it and a root, in any order; they are sent along, as far as they belong to its chain. They are copied.
    /// </param>
    /// <returns>The certificate, to be disposed by the caller.</returns>
    /// <exception cref="ArgumentException">
    /// The certificate has no private key, it is weak (RSA below 2048 bits, or signed with SHA-1), or one was disposed.
    /// </exception>
    /// <exception cref="CryptographicException">The certificate cannot be used.</exception>
    public static TlsCertificate From(X509Certificate2 certificate, X509Certificate2Collection? chain = null) =>
        new(Copy(certificate, chain));

    /// <summary>
    /// Replaces the certificate: the next handshake shows the new one, also to clients that resume an earlier session. If the certificate
    /// watches files, their next change replaces it again.
    /// </summary>
    /// <param name="certificate">The certificate with its private key. It is copied.</param>
    /// <param name="chain">The certificates between it and a root, in any order. They are copied.</param>
    /// <exception cref="ArgumentException">
    /// The certificate has no private key, it is weak (RSA below 2048 bits, or signed with SHA-1), or one was disposed. The old one stays.
    /// </exception>
    /// <exception cref="CryptographicException">The certificate cannot be used. The old one stays.</exception>
    /// <exception cref="ObjectDisposedException">This object was disposed.</exception>
    public void Replace(X509Certificate2 certificate, X509Certificate2Collection? chain = null)
    {
        Held held = Copy(certificate, chain);
        lock (_lock)
        {
            _ = Context;
            _held = held;
        }
    }

    /// <summary>
    /// Stops watching and lets go of the key. Handshakes that begin later fail; those under way and open connections are not disturbed.
    /// </summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _held = _held with { Context = null };
            _watch?.Dispose();
        }
    }

    internal static TlsCertificate FromPemFile(string certificate, string key, bool watch, TimeProvider clock)
    {
        ArgumentException.ThrowIfNullOrEmpty(certificate);
        ArgumentException.ThrowIfNullOrEmpty(key);
        var files = new PemFiles(Path.GetFullPath(certificate), Path.GetFullPath(key));
        PemFiles.Text text = files.Read();
        var made = new TlsCertificate(Load(files, text));
        if (watch)
        {
            made._watch = new CertificateWatch(files, text, taken => made.Take(files, Load(files, taken), clock), clock);
        }

        return made;
    }

    private static Held Copy(X509Certificate2 certificate, X509Certificate2Collection? chain)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        X509Certificate2 copy = CertificateCopies.WithKey(certificate, nameof(certificate));
        return Make(copy, chain is null ? [] : CertificateCopies.WithoutKeys(chain, nameof(chain)));
    }

    private static Held Load(PemFiles files, PemFiles.Text text)
    {
        (X509Certificate2 certificate, X509Certificate2Collection chain) = files.Parse(text);
        return Make(certificate, chain);
    }

    /// <summary>Offline: no server is asked for missing certificates or OCSP answers. It computes for half a millisecond to one.</summary>
    private static Held Make(X509Certificate2 certificate, X509Certificate2Collection chain) => new(
        SslStreamCertificateContext.Create(certificate, chain, offline: true),
        certificate.NotBefore.ToUniversalTime(),
        certificate.NotAfter.ToUniversalTime());

    /// <summary>A certificate that nobody accepts now does not replace one that is valid. The watch tries it again.</summary>
    private void Take(PemFiles files, Held held, TimeProvider clock)
    {
        DateTime now = clock.GetUtcNow().UtcDateTime;
        lock (_lock)
        {
            if (_held.IsValidAt(now) && !held.IsValidAt(now))
            {
                throw files.Failure(held.NotAfter < now
                    ? $"the certificate has expired on {held.NotAfter:u}, and the one in use has not"
                    : $"the certificate is not valid before {held.NotBefore:u}, and the one in use is valid");
            }

            // Disposed while the files were read.
            if (_held.Context is not null)
            {
                _held = held;
            }
        }
    }

    /// <summary>What handshakes show; null once disposed.</summary>
    private sealed record Held(SslStreamCertificateContext? Context, DateTime NotBefore, DateTime NotAfter)
    {
        public bool IsValidAt(DateTime time) => NotBefore <= time && time <= NotAfter;
    }
}
