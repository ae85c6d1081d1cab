using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

/// <summary>One pending receive of a stream.</summary>
internal sealed class StreamReceive(PortableStream channel) : ReceiveOperation(channel)
{
    private Memory<byte> _buffer;
    private int _done;
    private ReceiveKind _kind;

    public IoTask Start(Memory<byte> buffer, int done, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _buffer = buffer;
        _done = done;
        _kind = kind;
        return Start(timeout, cancellationToken);
    }

    protected override bool TryAttempt(out IoResult outcome)
    {
        outcome = channel.Attempt(_buffer.Span, _kind, ref _done);
        return outcome.Status != ChannelStatus.WouldBlock;
    }

    protected override IoResult Ended(ChannelStatus status) => IoResult.Ended(status, _done);

    protected override void BeginPending() => channel.BeginPending(this);

    protected override void EndPending()
    {
        _buffer = default;
        channel.EndPendingReceive();
    }

    protected override void Recycle() => channel.Recycle(this);
}
