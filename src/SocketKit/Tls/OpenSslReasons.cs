using System.Globalization;

namespace SocketKit.Tls;

/// <summary>
/// Numbers of errors of OpenSSL (openssl/err.h, openssl/sslerr.h). .NET keeps them as HResult of one of the causes, and in its text.
/// </summary>
internal static class OpenSslReasons
{
    /// <summary>ERR_LIB_SSL.</summary>
    private const int SslLibrary = 20;

    /// <summary>ERR_GET_LIB and ERR_GET_REASON of OpenSSL 3: the reason is in the lower 23 bits.</summary>
    private const int ReasonBits = 23;

    /// <summary>SSL_AD_REASON_OFFSET: a reason above it is the number of an alert of the peer.</summary>
    private const int AlertOffset = 1000;

    /// <summary>SSL_R_CA_KEY_TOO_SMALL, SSL_R_CA_MD_TOO_WEAK, SSL_R_EE_KEY_TOO_SMALL: only said of this side's own certificate.</summary>
    private const int IssuerKeyTooSmall = 397, HashTooWeak = 398, KeyTooSmall = 399;

    private const string Prefix = "error:";

    /// <summary>The alert that the peer has sent; null if it has sent none.</summary>
    public static int? AlertIn(Exception exception) =>
        Find(exception, out _) is { } reason and >= AlertOffset and <= AlertOffset + byte.MaxValue ? reason - AlertOffset : null;

    /// <summary>Whether OpenSSL does not take this side's own certificate, so that nothing was sent.</summary>
    public static bool IsOfOwnCertificate(Exception exception) =>
        Find(exception, out _) is IssuerKeyTooSmall or HashTooWeak or KeyTooSmall;

    /// <summary>What the reason means, as the end of a sentence; null if the exception holds none.</summary>
    public static string? Describe(Exception exception) => Find(exception, out Exception? holder) switch
    {
        null => null,
        KeyTooSmall => "its key is too small for this system (SECLEVEL of OpenSSL)",
        IssuerKeyTooSmall => "the key of one of its issuers is too small for this system (SECLEVEL of OpenSSL)",
        HashTooWeak => "its signature is too weak for this system (SECLEVEL of OpenSSL)",
        193 => "no cipher suite suits both sides",
        166 or 191 or 252 or 258 or 267 or 396 => "no version of TLS suits both sides",
        235 => "no application protocol (ALPN) suits both sides",
        118 or 376 => "no signature algorithm suits both sides, or the certificate has a key of a kind that the peer does not take",
        244 => "the peer has sent a message of TLS that does not belong here (unexpected message)",
        101 or 295 or 410 => "no group for the key exchange suits both sides",
        _ => $"OpenSSL says: {Shown.Text(TextOf(holder!.Message))}",
    };

    private static int? Find(Exception exception, out Exception? holder)
    {
        for (holder = exception; holder is not null; holder = holder.InnerException)
        {
            if ((ReasonOf(holder.HResult) ?? ReasonOf(CodeIn(holder.Message))) is { } reason)
            {
                return reason;
            }
        }

        return null;
    }

    private static int? ReasonOf(int code) => code > 0 && code >> ReasonBits == SslLibrary ? code & ((1 << ReasonBits) - 1) : null;

    /// <summary>"error:0A000416:SSL routines::…", as ERR_error_string writes it.</summary>
    private static int CodeIn(string message)
    {
        int start = message.IndexOf(Prefix, StringComparison.Ordinal) + Prefix.Length;
        int end = start < Prefix.Length ? -1 : message.IndexOf(':', start);
        return end > 0 && int.TryParse(message.AsSpan(start, end - start), NumberStyles.AllowHexSpecifier, null, out int code) ? code : 0;
    }

    private static string TextOf(string message) => message[(message.LastIndexOf(':') + 1)..].Trim().TrimEnd('.');
}
