using System.Net;
using System.Threading.Tasks.Sources;

namespace SocketKit.Engine.Portable;

/// <summary>One pending receive of a datagram.</summary>
internal sealed class DatagramReceive(PortableDatagram channel) : ReceiveOperation(channel), IValueTaskSource<DatagramResult>
{
    private Memory<byte> _buffer;
    private SocketAddress? _from;
    private bool _peek;
    private DatagramResult _received;

    public ValueTask<DatagramResult> Start(Memory<byte> buffer, SocketAddress from, bool peek, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _buffer = buffer;
        _from = from;
        _peek = peek;
        short version = Version;
        Start(timeout, cancellationToken);
        return new ValueTask<DatagramResult>(this, version);
    }

    DatagramResult IValueTaskSource<DatagramResult>.GetResult(short token)
    {
        // Taking the result lets another call use this object.
        DatagramResult received = _received;
        IoResult outcome = Take(token);
        return outcome.IsSuccess ? received : new DatagramResult(outcome);
    }

    protected override bool TryAttempt(out IoResult outcome)
    {
        _received = channel.Attempt(_buffer.Span, _from!, _peek, block: false);
        outcome = _received.Outcome;
        return outcome.Status != ChannelStatus.WouldBlock;
    }

    protected override IoResult Ended(ChannelStatus status) => IoResult.Ended(status);

    protected override void BeginPending() => channel.BeginPending(this);

    protected override void EndPending()
    {
        _buffer = default;
        _from = null;
        channel.EndPending();
    }

    protected override void Recycle() => channel.Recycle(this);
}
