using System.Buffers;
using System.Globalization;
using System.Net;
using System.Text;

namespace SocketKit.Tls;

/// <summary>
/// Brings names of hosts into the one form in which they are compared and sent: ASCII (RFC 5890), lower case, without a dot at the end.
/// Addresses have the form of <see cref="IPAddress.ToString"/>, without brackets and scope.
/// </summary>
internal static class TlsNames
{
    /// <summary>RFC 1035, section 2.3.4, less the two bytes of the root and the first length.</summary>
    private const int LongestName = 253;

    /// <summary>RFC 1035, section 2.3.4.</summary>
    private const int LongestLabel = 63;

    private const string AnyLabel = "*.";

    /// <summary>RFC 3490, section 3.1: what counts as a dot in a name that is not ASCII.</summary>
    private const string Dots = ".\u3002\uff0e\uff61";

    /// <summary>The underscore is in no host name of RFC 952, but in many that are in use.</summary>
    private static readonly SearchValues<char> s_allowed = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static readonly IdnMapping s_mapping = new();

    /// <summary>A name or an address that a certificate is checked against.</summary>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public static string OfHost(string host, string parameter)
    {
        if (AddressOf(host) is { } address)
        {
            return address.ToString();
        }

        return Normal(host, out string? fault) ?? throw Failure(host, fault!, parameter);
    }

    /// <summary>A name that clients may ask for, or "*." and the rest of it.</summary>
    /// <exception cref="ArgumentException">It is neither, or it is an address.</exception>
    public static string OfPattern(string pattern, string parameter)
    {
        if (AddressOf(pattern) is not null)
        {
            throw Failure(
                pattern, "is an address. Clients name no addresses (RFC 6066 section 3), so use Certificate for them.", parameter);
        }

        bool isWildcard = pattern.StartsWith(AnyLabel, StringComparison.Ordinal);
        string? normal = Normal(isWildcard ? pattern[AnyLabel.Length..] : pattern, out string? fault);
        return normal is null ? throw Failure(pattern, fault!, parameter) : isWildcard ? AnyLabel + normal : normal;
    }

    /// <summary>The name that a client has asked for, which SslStream has decoded; null if there is none, or if it cannot be one.</summary>
    public static string? OfClient(string name) => name.Length == 0 ? null : Normal(name, out _);

    /// <summary>The address, without brackets and scope, and as IPv4 where it is IPv4-mapped; null if the host is no address.</summary>
    public static IPAddress? AddressOf(string host)
    {
        ReadOnlySpan<char> text = host;
        if (text is ['[', .. var inner, ']'])
        {
            text = inner;
        }

        bool isBracketed = text.Length < host.Length;
        bool hasColons = text.Contains(':');
        int scope = hasColons ? text.IndexOf('%') : -1;
        if (isBracketed && !hasColons || text.ContainsAny('[', ']')
            || !IPAddress.TryParse(scope < 0 ? text : text[..scope], out IPAddress? address))
        {
            return null;
        }

        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }

    private static string? Normal(string name, out string? fault)
    {
        string trimmed = name.Length > 1 && Dots.Contains(name[^1], StringComparison.Ordinal) ? name[..^1] : name;
        string ascii;
        try
        {
            // Without ICU the mapping does not change capitals, so that is done here.
            ascii = (Ascii.IsValid(trimmed) ? trimmed : s_mapping.GetAscii(trimmed.ToLowerInvariant())).ToLowerInvariant();
        }
        catch (ArgumentException)
        {
            // A label is empty or too long, or a character is in no name (RFC 3490).
            fault = FaultOfWriting(name) ?? FaultOfLabels(trimmed.Split(Dots.ToCharArray())) ?? "contains what is in no host name.";
            return null;
        }

        fault = FaultOfWriting(name) ?? FaultOfLabels(ascii.Split('.')) ?? FaultOfCharacters(ascii)
            ?? (ascii.Length > LongestName ? $"is longer than {LongestName} bytes in ASCII." : null);
        return fault is null ? ascii : null;
    }

    /// <summary>What people write in place of a name.</summary>
    private static string? FaultOfWriting(string name) =>
        name.Length == 0 ? "is empty."
        : name.Contains("://", StringComparison.Ordinal) ? "is a URL. Only its host is wanted."
        : name.Contains('/', StringComparison.Ordinal) ? "contains a slash. Only a name or an address is wanted."
        : name.Contains('*', StringComparison.Ordinal) ? "contains \"*\", which may only stand for the whole first label."
        : name.Contains(':', StringComparison.Ordinal) ? "contains a colon. Only a name or an address is wanted, without a port."
        : name.Contains('\0', StringComparison.Ordinal) ? "contains NUL."
        : null;

    private static string? FaultOfLabels(string[] labels) =>
        Array.Exists(labels, static label => label.Length == 0) ? "has an empty label: two dots in a row, or one at the beginning."
        : Array.Exists(labels, static label => label.Length > LongestLabel) ? $"has a label of more than {LongestLabel} characters."
        : null;

    private static string? FaultOfCharacters(string ascii)
    {
        int index = ascii.AsSpan().IndexOfAnyExcept(s_allowed);
        return index < 0 ? null : $"contains \"{Shown.Text(ascii[index].ToString())}\", which is in no host name.";
    }

    private static ArgumentException Failure(string name, string fault, string parameter) =>
        new($"The host \"{Shown.Text(name)}\" {fault}", parameter);
}
