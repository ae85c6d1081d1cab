using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Portable;

/// <summary>One pending receive of a stream.</summary>
internal sealed class StreamReceive(PortableStream channel) : ReceiveOperation(channel)
{
    private ReceiveTarget _target;
    private int _done;
    private ReceiveKind _kind;

    public IoTask Start(ReceiveTarget target, int done, ReceiveKind kind, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _target = target;
        _done = done;
        _kind = kind;
        return Start(timeout, cancellationToken);
    }

    protected override bool TryAttempt(out IoResult outcome)
    {
        outcome = channel.Attempt(_target.Span, _kind, ref _done);
        if (outcome.Status != ChannelStatus.WouldBlock)
        {
            return true;
        }

        _target.GiveBack();
        return false;
    }

    protected override IoResult Ended(ChannelStatus status) => IoResult.Ended(status, _done);

    protected override void BeginPending() => channel.BeginPending(this);

    protected override void EndPending()
    {
        _target = default;
        channel.EndPendingReceive();
    }

    protected override void Recycle() => channel.Recycle(this);
}
