using System.Net;
using System.Net.Sockets;

namespace SocketKit.Unix;

/// <summary>
/// Replaces <see cref="UnixDomainSocketEndPoint"/> in bind(2). On close, .NET deletes the file of such an endpoint by name, even if it
/// belongs to another server by then. It deletes nothing for an endpoint type that it does not know.
/// </summary>
internal sealed class PathEndPoint(UnixDomainSocketEndPoint inner) : EndPoint
{
    public override AddressFamily AddressFamily => AddressFamily.Unix;

    public override SocketAddress Serialize() => inner.Serialize();

    public override EndPoint Create(SocketAddress socketAddress) => inner.Create(socketAddress);

    public override string? ToString() => inner.ToString();
}
