using System.Net;

namespace SocketKit.Engine;

/// <summary>The outcome of a datagram receive. The sender's address is in the SocketAddress that the caller gave.</summary>
internal readonly struct DatagramResult(IoResult outcome, bool isTruncated = false, IPAddress? localAddress = null, int interfaceIndex = 0)
{
    /// <summary>
    /// How it ended. The count holds the bytes in the buffer; 0 means an empty datagram. The end of a sequenced-packet connection is
    /// <see cref="ChannelStatus.EndOfStream"/>.
    /// </summary>
    public IoResult Outcome { get; } = outcome;

    /// <summary>Whether the datagram was longer than the buffer; the rest is lost.</summary>
    public bool IsTruncated { get; } = isTruncated;

    /// <summary>The destination of the datagram; null unless packet information is on.</summary>
    public IPAddress? LocalAddress { get; } = localAddress;

    /// <summary>The interface that received the datagram; 0 unless packet information is on.</summary>
    public int InterfaceIndex { get; } = interfaceIndex;

    public ChannelStatus Status => Outcome.Status;

    public bool IsSuccess => Outcome.IsSuccess;

    public static DatagramResult Ended(ChannelStatus status) => new(IoResult.Ended(status));
}
