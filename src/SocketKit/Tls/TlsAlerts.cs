namespace SocketKit.Tls;

/// <summary>The alert that a peer has sent: its name in RFC 8446, section 6, and what it means.</summary>
internal static class TlsAlerts
{
    /// <summary>RFC 8446, section 6.2.</summary>
    public const byte InternalError = 80;

    /// <summary>RFC 6066, section 3: the server has no certificate for the name that the client asks for.</summary>
    public const byte UnrecognizedName = 112;

    /// <summary>RFC 8446, section 5.1: content type alert. A record has a head of five bytes, and an alert has two.</summary>
    private const byte AlertRecord = 21;

    private const int AlertLevel = 5;
    private const int AlertDescription = 6;
    private const byte Fatal = 2;

    /// <summary>
    /// A fatal alert as a record, in the clear, for the time before there are keys. RFC 8446, sections 5.1 and 6: the type, the version of
    /// TLS 1.2 for all later ones, the length, the level, the description.
    /// </summary>
    public static byte[] Record(byte description) => [AlertRecord, 3, 3, 0, 2, Fatal, description];

    /// <summary>The alert in the exception or its causes, by its name in the registry of RFC 8446; null if there is none.</summary>
    public static string? NameIn(Exception exception) => OpenSslReasons.AlertIn(exception) is { } number ? NameOf(number) : null;

    /// <summary>The alert that a peer has sent in place of its hello; null if it has sent something else.</summary>
    public static string? NameIn(ReadOnlySpan<byte> firstBytes) =>
        firstBytes.Length > AlertDescription && firstBytes[0] == AlertRecord && firstBytes[AlertLevel] == Fatal
            ? NameOf(firstBytes[AlertDescription])
            : null;

    /// <summary>Says that the peer has refused, as the end of a sentence.</summary>
    public static string Describe(string name) =>
        $"the peer has refused it with the alert {name}{(MeaningOf(name) is { } meaning ? $": {meaning}" : string.Empty)}";

    /// <summary>What the alert means for this side; null where its name says everything.</summary>
    private static string? MeaningOf(string name) => name switch
    {
        "handshake_failure" => "no cipher, key or signature suits both sides, or it wants a client certificate",
        "bad_certificate" or "unsupported_certificate" or "certificate_unknown" => "it does not accept the certificate of this side",
        "certificate_expired" => "the certificate of this side has expired, by the peer's clock",
        "certificate_revoked" => "the certificate of this side was revoked",
        "unknown_ca" => "it does not trust the issuer of the certificate of this side, or this side has not sent its intermediates",
        "access_denied" => "the certificate of this side is valid, but not allowed",
        "certificate_required" => "it wants a client certificate, and this side has sent none",
        "protocol_version" => "no version of TLS suits both sides, or it cannot begin at all (a .NET peer that cannot use its certificate)",
        "insufficient_security" => "it wants stronger ciphers",
        "unrecognized_name" => "it serves no host of that name, or wants one, and an address is never named",
        "internal_error" => "it cannot go on; a server of this library says so if its own certificate was disposed",
        "no_application_protocol" => "no application protocol (ALPN) suits both sides",
        _ => null,
    };

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
