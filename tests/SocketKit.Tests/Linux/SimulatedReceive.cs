using SocketKit.Engine;
using SocketKit.Engine.Linux.Connections;
using SocketKit.Engine.Tasks;

namespace SocketKit.Tests.Linux;

/// <summary>As <c>EpollReceive</c>.</summary>
internal sealed class SimulatedReceive(SimulatedStream stream) : SimulatedOperation(stream, Direction.Receive)
{
    private byte[]? _buffer;
    private int _done;
    private bool _isExact;

    public IoTask Start(byte[] buffer, int done, bool isExact, bool isDeferred, Deadline deadline, SimulatedToken? token)
    {
        _buffer = buffer;
        _done = done;
        _isExact = isExact;
        return Start(deadline, token, isDeferred);
    }

    protected override bool TryAttempt(out IoResult outcome)
    {
        outcome = Stream.Attempt(_buffer!, _isExact, ref _done);
        return outcome.Status != ChannelStatus.WouldBlock;
    }

    protected override IoResult Ended(ChannelStatus status) => IoResult.Ended(status, _done);

    protected override bool HasMore() => Stream.MayHaveMore;

    protected override void OnFinished(IoResult outcome) => _buffer = null;
}
