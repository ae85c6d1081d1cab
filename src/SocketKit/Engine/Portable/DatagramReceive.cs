using System.Net;

namespace SocketKit.Engine.Portable;

/// <summary>One pending receive of a datagram.</summary>
internal sealed class DatagramReceive(PortableDatagram channel) : ReceiveOperation<DatagramTransfer>(channel)
{
    private Memory<byte> _buffer;
    private SocketAddress? _from;
    private bool _peek;

    public ValueTask<DatagramTransfer> Start(Memory<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _buffer = buffer;
        _from = from;
        _peek = peek;
        return Start(timeout, cancellationToken);
    }

    protected override bool TryAttempt(out DatagramTransfer outcome)
    {
        outcome = channel.Attempt(_buffer.Span, _from!, _peek, block: false);
        return outcome.Status != ChannelStatus.WouldBlock;
    }

    protected override DatagramTransfer Ended(ChannelStatus status) => DatagramTransfer.Ended(status);

    protected override void BeginPending() => channel.BeginPending(this);

    protected override void EndPending()
    {
        _buffer = default;
        _from = null;
        channel.EndPending();
    }

    protected override void Recycle() => channel.Recycle(this);
}
