using System.Net;

namespace SocketKit.Engine;

/// <summary>Builds the results and exceptions of datagram receives. Implemented by endpoints, which know their peer.</summary>
internal interface IDatagramResults : IFaultSource
{
    /// <summary>The result of a receive that succeeded.</summary>
    /// <param name="received">The result of the channel.</param>
    /// <param name="from">The sender's address.</param>
    /// <param name="ownsFrom">
    /// Whether the endpoint lent the address object for this call. If so, the sender is built from it, and the object is reused.
    /// </param>
    ReceivedDatagram ResultOf(DatagramResult received, SocketAddress from, bool ownsFrom);
}
