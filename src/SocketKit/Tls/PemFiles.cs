using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SocketKit.Tls;

/// <summary>A certificate and its key in two files in PEM form.</summary>
internal sealed class PemFiles(string certificatePath, string keyPath)
{
    private const string Certificate = "CERTIFICATE";
    private const string Begin = "-----BEGIN ";

    /// <summary>RFC 1421, section 4.6.1.1: how keys of PKCS#1 and SEC1 say that they are encrypted.</summary>
    private const string EncryptedHead = "Proc-Type: 4,ENCRYPTED";

    private const string EncryptedLabel = "ENCRYPTED PRIVATE KEY";

    private const string DecryptLine = "openssl pkey -in encrypted.pem -out key.pem";

    public Text Read() => new(File.ReadAllText(certificatePath), File.ReadAllText(keyPath));

    /// <summary>The certificate with its key, and those between it and a root.</summary>
    /// <exception cref="CryptographicException">The message names both files.</exception>
    public (X509Certificate2 Certificate, X509Certificate2Collection Chain) Parse(Text text)
    {
        if (text.Key.Contains(EncryptedHead, StringComparison.Ordinal) || Count(text.Key, EncryptedLabel) > 0)
        {
            throw Failure($"the key is encrypted. Decrypt it ({DecryptLine}), and protect the file instead");
        }

        var chain = new X509Certificate2Collection();
        int begun = Count(text.Certificate, Certificate);
        try
        {
            chain.ImportFromPem(text.Certificate);
        }
        catch (CryptographicException exception)
        {
            // A block with a beginning and an end, and no certificate between them.
            throw Failure(
                Joined(text.Certificate, "certificate") ?? $"the certificate file cannot be read: {exception.Message}", exception);
        }

        if (chain.Count == 0 || chain.Count != begun)
        {
            // What has no end line is not found at all.
            throw Failure(begun == 0
                ? "the certificate file contains no certificate in PEM form"
                : Joined(text.Certificate, "certificate")
                    ?? $"the certificate file is truncated: {begun} certificates begin, and {chain.Count} are whole");
        }

        using X509Certificate2 publicHalf = chain[0];
        chain.RemoveAt(0);
        if (WeakCertificates.FaultOf(publicHalf) is { } weak)
        {
            throw Failure($"the certificate {weak}; peers refuse it");
        }

        return (WithKey(text, publicHalf, chain), chain);
    }

    /// <summary>The exception that names both files.</summary>
    public CryptographicException Failure(string what, Exception? cause = null) =>
        new($"Loading the certificate {certificatePath} with the key {keyPath} failed: {what.TrimEnd('.')}.", cause);

    private X509Certificate2 WithKey(Text text, X509Certificate2 first, X509Certificate2Collection others)
    {
        if (Count(text.Key, "PRIVATE KEY") + Count(text.Key, "RSA PRIVATE KEY") + Count(text.Key, "EC PRIVATE KEY") == 0)
        {
            throw Failure("the key file contains no private key in PEM form");
        }

        try
        {
            return CertificateCopies.Usable(X509Certificate2.CreateFromPem(text.Certificate, text.Key));
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            // The key is truncated, of another kind, or of another certificate.
            string why = Joined(text.Key, "key")
                ?? (others.FirstOrDefault(other => IsOf(other, text.Key)) is { } own
                    ? $"the first certificate in the file is {Shown.Text(first.Subject)}, and the key belongs to "
                        + $"{Shown.Text(own.Subject)}, which has to be the first one"
                    : $"the key cannot be used with the certificate {Shown.Text(first.Subject)}: {exception.Message}");
            throw Failure(why, exception);
        }
    }

    private static bool IsOf(X509Certificate2 certificate, string key)
    {
        try
        {
            using X509Certificate2 fitting = X509Certificate2.CreateFromPem(certificate.ExportCertificatePem(), key);
            return true;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            // The answer: it is the key of another one.
            return false;
        }
    }

    /// <summary>
    /// Says that a block begins in the middle of a line, where files were put together and the first one has no line end. Such a block is
    /// not found, nor is the one before it: RFC 7468, section 3. Null: none does.
    /// </summary>
    private static string? Joined(string text, string what)
    {
        for (int at = 1; (at = text.IndexOf(Begin, at, StringComparison.Ordinal)) >= 0; at++)
        {
            if (!char.IsWhiteSpace(text[at - 1]))
            {
                int line = text.AsSpan(0, at).Count('\n') + 1;
                return $"a line end is missing in the {what} file: {Begin.TrimEnd()} stands in the middle of line {line}";
            }
        }

        return null;
    }

    private static int Count(string text, string label) => text.AsSpan().Count($"{Begin}{label}-----");

    /// <summary>The contents of both files. It has no ToString of its own, so that no key comes into a log.</summary>
    internal sealed class Text(string certificate, string key)
    {
        public string Certificate => certificate;

        public string Key => key;

        /// <summary>By which two readings are compared, so that the key need not be kept.</summary>
        public byte[] Digest() => SHA256.HashData(Shown.Utf8Lenient.GetBytes($"{certificate}\0{key}"));
    }
}
