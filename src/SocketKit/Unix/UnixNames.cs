using System.Net;
using System.Net.Sockets;

namespace SocketKit.Unix;

/// <summary>Interprets the addresses of Unix sockets.</summary>
internal static class UnixNames
{
    /// <summary>In sockaddr_un the name begins after the two bytes of the family.</summary>
    private const int NameOffset = 2;

    /// <summary>Returns the endpoint; null for a socket without a name.</summary>
    public static UnixDomainSocketEndPoint? Named(EndPoint? endPoint) =>
        endPoint is UnixDomainSocketEndPoint unix && unix.ToString().Length > 0 ? unix : null;

    public static bool IsAbstract(EndPoint? endPoint) =>
        Named(endPoint)?.Serialize() is { } raw && raw.Size > NameOffset && raw[NameOffset] == 0;

    public static string Show(EndPoint? endPoint) => Named(endPoint)?.ToString() ?? "(unnamed)";
}
