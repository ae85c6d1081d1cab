using System.Net;

namespace SocketKit;

/// <summary>What a datagram receive reports besides the bytes in the caller's buffer.</summary>
public readonly struct ReceivedDatagram : IEquatable<ReceivedDatagram>
{
    internal ReceivedDatagram(int length, bool isTruncated, EndPoint? remoteEndPoint, IPAddress? localAddress, int interfaceIndex)
    {
        Length = length;
        IsTruncated = isTruncated;
        RemoteEndPoint = remoteEndPoint;
        LocalAddress = localAddress;
        InterfaceIndex = interfaceIndex;
    }

    /// <summary>Bytes written to the buffer. 0 means an empty datagram (or an empty buffer), never the end of a connection.</summary>
    public int Length { get; }

    /// <summary>Whether the datagram was longer than the buffer. The rest is lost, unless the datagram was only peeked at.</summary>
    public bool IsTruncated { get; }

    /// <summary>The sender.</summary>
    /// <value>
    /// An IPv4-mapped IPv6 address is shown as IPv4. Null if the call wrote the sender to a <see cref="SocketAddress"/>, or if a Unix
    /// sender has no name.
    /// </value>
    public EndPoint? RemoteEndPoint { get; }

    /// <summary>The address that the datagram was sent to: one of this machine's, a multicast group, or the broadcast address.</summary>
    /// <value>Null unless packet information was asked for (<see cref="UdpEndpointOptions.ReceivePacketInfo"/>).</value>
    public IPAddress? LocalAddress { get; }

    /// <summary>The index of the network interface that received the datagram.</summary>
    /// <value>0 unless packet information was asked for (<see cref="UdpEndpointOptions.ReceivePacketInfo"/>).</value>
    public int InterfaceIndex { get; }

    /// <summary>Whether two values are equal.</summary>
    /// <param name="left">One value.</param>
    /// <param name="right">The other value.</param>
    /// <returns>True if all properties are equal.</returns>
    public static bool operator ==(ReceivedDatagram left, ReceivedDatagram right) => left.Equals(right);

    /// <summary>Whether two values differ.</summary>
    /// <param name="left">One value.</param>
    /// <param name="right">The other value.</param>
    /// <returns>True if any property differs.</returns>
    public static bool operator !=(ReceivedDatagram left, ReceivedDatagram right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(ReceivedDatagram other) =>
        Length == other.Length && IsTruncated == other.IsTruncated && Equals(RemoteEndPoint, other.RemoteEndPoint)
        && Equals(LocalAddress, other.LocalAddress) && InterfaceIndex == other.InterfaceIndex;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ReceivedDatagram other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Length, IsTruncated, RemoteEndPoint, LocalAddress, InterfaceIndex);

    /// <summary>Length and sender, for logs and messages.</summary>
    /// <returns>For example "5 bytes from 127.0.0.1:50122 (truncated)".</returns>
    public override string ToString() =>
        $"{Length} bytes from {RemoteEndPoint?.ToString() ?? "?"}{(IsTruncated ? " (truncated)" : string.Empty)}";
}
