namespace SocketKit.Tls;

/// <summary>The alert that a peer has sent (RFC 8446, section 6), as OpenSSL reports it.</summary>
internal static class TlsAlerts
{
    /// <summary>ERR_LIB_SSL of openssl/err.h.</summary>
    private const int SslLibrary = 20;

    /// <summary>SSL_AD_REASON_OFFSET of openssl/sslerr.h: a reason above it is the number of an alert of the peer.</summary>
    private const int AlertOffset = 1000;

    private const string Prefix = "error:";

    /// <summary>The alert in the exception or its causes, by its name in the registry of RFC 8446; null if there is none.</summary>
    public static string? NameIn(Exception exception) => NumberIn(exception) is { } number ? NameOf(number) : null;

    /// <summary>What the alert means for this side, as the end of a sentence; null where its name says everything.</summary>
    public static string? MeaningOf(string name) => name switch
    {
        "handshake_failure" => "no cipher, key or signature suits both sides, or it wants a client certificate",
        "bad_certificate" or "unsupported_certificate" or "certificate_unknown" => "it does not accept the certificate of this side",
        "certificate_expired" => "the certificate of this side has expired, by the peer's clock",
        "certificate_revoked" => "the certificate of this side was revoked",
        "unknown_ca" => "it does not trust the issuer of the certificate of this side, or this side has not sent its intermediates",
        "access_denied" => "the certificate of this side is valid, but not allowed",
        "certificate_required" => "it wants a client certificate, and this side has sent none",
        "protocol_version" => "no version of TLS suits both sides",
        "insufficient_security" => "it wants stronger ciphers",
        "unrecognized_name" => "it serves no host of that name",
        "no_application_protocol" => "no application protocol (ALPN) suits both sides",
        _ => null,
    };

    private static int? NumberIn(Exception exception)
    {
        for (Exception? each = exception; each is not null; each = each.InnerException)
        {
            if ((AlertOf(each.HResult) ?? AlertOf(CodeIn(each.Message))) is { } number)
            {
                return number;
            }
        }

        return null;
    }

    /// <summary>ERR_GET_LIB and ERR_GET_REASON of openssl/err.h; .NET keeps the code as HResult.</summary>
    private static int? AlertOf(int code)
    {
        int reason = code & 0x7fffff;
        return code > 0 && code >> 23 == SslLibrary && reason is >= AlertOffset and <= AlertOffset + byte.MaxValue
            ? reason - AlertOffset
            : null;
    }

    /// <summary>"error:0A000416:SSL routines::…" as ERR_error_string writes it.</summary>
    private static int CodeIn(string message)
    {
        int start = message.IndexOf(Prefix, StringComparison.Ordinal) + Prefix.Length;
        int end = start < Prefix.Length ? -1 : message.IndexOf(':', start);
        return end > 0 && int.TryParse(
            message.AsSpan(start, end - start), System.Globalization.NumberStyles.AllowHexSpecifier, null, out int code) ? code : 0;
    }

    private static string NameOf(int number) => number switch
    {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        22 => "record_overflow",
        40 => "handshake_failure",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        100 => "no_renegotiation",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => $"alert {number}",
    };
}
