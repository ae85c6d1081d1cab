using System.Runtime.Versioning;
using SocketKit.Engine.Linux.Loops;
using SocketKit.Engine.Tasks;

namespace SocketKit.Engine.Linux.Connections;

/// <summary>One pending receive of a stream.</summary>
[SupportedOSPlatform("linux")]
internal sealed class EpollReceive(EpollDescriptor descriptor, EpollStream stream) : EpollOperation<FreeStep>(descriptor, Direction.Receive)
{
    private ReceiveTarget _target;
    private int _done;
    private ReceiveKind _kind;

    public IoTask Start(
        ReceiveTarget target, int done, ReceiveKind kind, TimeSpan timeout, bool isDeferred, CancellationToken cancellationToken)
    {
        _target = target;
        _done = done;
        _kind = kind;

        // Async calls have no non-blocking mode: zero means no deadline.
        return Start(timeout == TimeSpan.Zero ? Deadline.Infinite : Deadline.After(timeout), cancellationToken, isDeferred);
    }

    protected override bool TryAttempt(out IoResult outcome)
    {
        // If the caller's memory throws, the data that the edge announced is still there.
        stream.ExpectMore();
        outcome = stream.Attempt(_target.Span, _kind, ref _done);
        if (outcome.Status != ChannelStatus.WouldBlock)
        {
            return true;
        }

        _target.GiveBack();
        return false;
    }

    protected override IoResult Ended(ChannelStatus status) => IoResult.Ended(status, _done);

    protected override bool MayHaveMore() => stream.MayHaveMore;

    protected override void OnFinished(IoResult outcome) => _target = default;
}
