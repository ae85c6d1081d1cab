using System.Net;
using System.Net.Sockets;

namespace SocketKit.Unix;

/// <summary>
/// Stands for a <see cref="UnixDomainSocketEndPoint"/> in bind(2). .NET deletes the file of such an endpoint by its name on close, even if it
/// belongs to another server by then; of an endpoint that it does not know it deletes nothing.
/// </summary>
internal sealed class PathEndPoint(UnixDomainSocketEndPoint inner) : EndPoint
{
    public override AddressFamily AddressFamily => AddressFamily.Unix;

    public override SocketAddress Serialize() => inner.Serialize();

    public override EndPoint Create(SocketAddress socketAddress) => inner.Create(socketAddress);

    public override string? ToString() => inner.ToString();
}
