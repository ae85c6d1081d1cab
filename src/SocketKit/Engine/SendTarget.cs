using System.Net;

namespace SocketKit.Engine;

/// <summary>Where one datagram goes, and from which address of this machine. The default value is the peer.</summary>
internal readonly struct SendTarget(SocketAddress? to, IPAddress? from = null)
{
    /// <summary>Null for the peer that the socket is connected to.</summary>
    public SocketAddress? To => to;

    /// <summary>Null: the system chooses.</summary>
    public IPAddress? From => from;
}
