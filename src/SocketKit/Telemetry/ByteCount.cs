using SocketKit.Engine;

namespace SocketKit.Telemetry;

/// <summary>Bytes in both directions.</summary>
internal readonly record struct ByteCount(long Received, long Sent)
{
    public static ByteCount Of(StreamChannel channel) => new(channel.BytesReceived, channel.BytesSent);

    /// <summary>The larger one in each direction.</summary>
    public ByteCount AtLeast(ByteCount other) => new(Math.Max(Received, other.Received), Math.Max(Sent, other.Sent));

    public static ByteCount operator +(ByteCount left, ByteCount right) => new(left.Received + right.Received, left.Sent + right.Sent);
}
