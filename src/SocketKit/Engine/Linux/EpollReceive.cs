using System.Runtime.Versioning;

namespace SocketKit.Engine.Linux;

/// <summary>One pending receive of a stream.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollReceive(EpollStream stream) : ReadyOperation<FreeStep>(stream, Direction.Receive)
{
    private Memory<byte> _buffer;
    private int _done;
    private ReceiveKind _kind;

    public TransferTask Start(Memory<byte> buffer, int done, ReceiveKind kind, TimeSpan timeout, bool isDeferred, CancellationToken cancellationToken)
    {
        _buffer = buffer;
        _done = done;
        _kind = kind;

        // Zero concerns blocking calls; an async call has no non-blocking mode.
        return Start(timeout == TimeSpan.Zero ? Deadline.Infinite : Deadline.After(timeout), cancellationToken, isDeferred);
    }

    protected override bool TryAttempt(out Transfer outcome)
    {
        // Whatever the caller's memory throws, what the edge has announced is still there.
        stream.ExpectMore();
        outcome = stream.Attempt(_buffer.Span, _kind, ref _done);
        return outcome.Status != ChannelStatus.WouldBlock;
    }

    protected override Transfer Ended(ChannelStatus status) => Transfer.Ended(status, _done);

    protected override bool MayHaveMore() => stream.MayHaveMore;

    protected override void OnFinished(Transfer outcome) => _buffer = default;
}
