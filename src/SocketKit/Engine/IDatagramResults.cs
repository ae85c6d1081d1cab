using System.Net;

namespace SocketKit.Engine;

/// <summary>Makes the results and the exceptions of whoever receives from a datagram channel: an endpoint, which knows its peer.</summary>
internal interface IDatagramResults : IFaultSource
{
    /// <summary>The result of a receive that succeeded.</summary>
    /// <param name="received">What the channel says.</param>
    /// <param name="from">The sender's address.</param>
    /// <param name="ownsFrom">Whether that address was lent for the call: then the sender is built from it, and it is taken back.</param>
    ReceivedDatagram ResultOf(DatagramResult received, SocketAddress from, bool ownsFrom);
}
