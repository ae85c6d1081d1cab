using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace SocketKit.Telemetry;

/// <summary>Describes addresses by the attributes of OpenTelemetry.</summary>
internal static class EndPointTags
{
    public const string Tcp = "tcp";
    public const string Unix = "unix";

    public static string NameOf(Transport transport) => transport == Transport.Unix ? Unix : Tcp;

    /// <summary>The attributes of a server's measurements.</summary>
    /// <param name="local">The address that it listens on; null if it is not known.</param>
    /// <param name="isDualMode">Whether it takes IPv4 and IPv6, so that its measurements have no network.type.</param>
    public static TagList OfServer(EndPoint? local, bool isDualMode)
    {
        var tags = default(TagList);
        if (local is IPEndPoint ip)
        {
            tags.Add(AttributeNames.Transport, Tcp);
            if (!isDualMode)
            {
                tags.Add(AttributeNames.NetworkType, TypeOf(ip.AddressFamily));
            }

            tags.Add(AttributeNames.ServerAddress, ip.Address.ToString());
            tags.Add(AttributeNames.ServerPort, ip.Port);
        }
        else if (local is not null)
        {
            tags.Add(AttributeNames.Transport, Unix);
            tags.Add(AttributeNames.ServerAddress, local.ToString());
        }

        return tags;
    }

    /// <summary>"ipv4" or "ipv6".</summary>
    public static string TypeOf(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? "ipv6" : "ipv4";

    /// <summary>Adds an address and its port to a span, unless it is unknown or has no name.</summary>
    public static void Add(ref TagList tags, EndPoint? endPoint, string addressName, string portName)
    {
        if (endPoint is IPEndPoint ip)
        {
            tags.Add(addressName, ip.Address.ToString());
            tags.Add(portName, ip.Port);
        }
        else if (endPoint?.ToString() is { Length: > 0 } name)
        {
            tags.Add(addressName, name);
        }
    }
}
