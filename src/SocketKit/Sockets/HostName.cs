using System.Net;
using System.Net.Sockets;

namespace SocketKit.Sockets;

/// <summary>Parses a host that a user has written, refuses one with a port, a path or a scheme, and formats it for messages.</summary>
internal static class HostName
{
    private const string Port = "contains a port. The port is an argument of its own.";

    /// <summary>Returns the address, unmapped to IPv4 where it is IPv4-mapped; null if the host is a name.</summary>
    /// <exception cref="ArgumentException">The host is neither a name nor an address.</exception>
    public static IPAddress? Parse(string host, string parameter)
    {
        if (Fault(host) is { } fault)
        {
            throw new ArgumentException($"The host {Quote(host)} {fault}", parameter);
        }

        return IPAddress.TryParse(host, out IPAddress? address) ? Addresses.Unmap(address) : null;
    }

    /// <summary>Formats host and port as a URL does. The host is quoted if it contains blanks or control characters.</summary>
    public static string Show(string host, int port)
    {
        bool isBare = host.Contains(':', StringComparison.Ordinal) && !host.StartsWith('[');
        return isBare ? $"[{host}]:{port}" : $"{(HasBlank(host) ? Quote(host) : host)}:{port}";
    }

    /// <summary>A hint for the message when a look-up fails; empty if the host looks normal.</summary>
    public static string Hint(string host) => HasBlank(host) ? " The host contains a blank." : string.Empty;

    /// <summary>Says why the text cannot be a host; null if it can. The check needs no system call.</summary>
    private static string? Fault(string host)
    {
        if (host.Contains('\0', StringComparison.Ordinal))
        {
            return "contains NUL, and the system would read no further.";
        }

        if (host.Contains("://", StringComparison.Ordinal))
        {
            return "is a URL. Pass its host alone, and the port as an argument of its own.";
        }

        if (host.Contains('/', StringComparison.Ordinal))
        {
            return "contains a slash. Pass a name or an address alone, without path or prefix length.";
        }

        return host.AsSpan().ContainsAny('[', ']') ? FaultOfBrackets(host) : FaultOfColons(host);
    }

    /// <summary>Accepts [address] for IPv6 only. IPAddress.TryParse would also accept "[address]:port" and drop the port.</summary>
    private static string? FaultOfBrackets(string host)
    {
        int end = host.IndexOf(']', StringComparison.Ordinal);
        if (end >= 0 && end + 1 < host.Length && host[end + 1] == ':')
        {
            return Port;
        }

        bool isAddress = host[0] == '[' && end == host.Length - 1
            && IPAddress.TryParse(host.AsSpan(1, host.Length - 2), out IPAddress? address)
            && address.AddressFamily == AddressFamily.InterNetworkV6;
        return isAddress ? null : "has brackets, which belong around an IPv6 address only.";
    }

    /// <summary>An IPv6 address has at least two colons, and a name has none. An interface name after '%' may contain anything.</summary>
    private static string? FaultOfColons(string host)
    {
        int colons = host.AsSpan().Count(':');
        return colons == 0 || host.Contains('%', StringComparison.Ordinal) || IPAddress.TryParse(host, out _) ? null
            : colons == 1 ? Port
            : "contains colons and is no IPv6 address.";
    }

    private static bool HasBlank(string host) =>
        host.Any(static character => char.IsWhiteSpace(character) || char.IsControl(character));

    private static string Quote(string host) => $"\"{string.Concat(host.Select(Escape))}\"";

    private static string Escape(char character) => char.IsControl(character) ? $"\\u{(int)character:x4}" : character.ToString();
}
